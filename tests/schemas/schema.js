// schema.js FOLDER: every golden case, every example, what init writes, mistakes of every key, and good files made up: each judged by
// ajv, by check-jsonschema and by stagecraft validate. Files are left in FOLDER.
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const Ajv = require('ajv');
const YAML = require('yaml');
const values = require('./values.js');

const work = process.argv[2];
const program = process.env.STAGECRAFT;
const GENERATED = 200;

// Bad files that the schemas let pass, each with the reason. One that is judged after all fails the check. Of golden cases there is none.
const BEYOND = {
  // 'golden/CASE/FILE': 'why',
  ...Object.fromEntries(Object.entries(values.beyond).map(([name, { why }]) => [name, why])),
};

function run(command, args, options) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (done.error) throw done.error;
  return done;
}

let failures = 0;
function fail(text) {
  failures++;
  if (failures <= 40) console.log(text);
}

// ---- the keys, as help config lists them: [{ path, type, choices, min, max, required }] ----

function readKeys() {
  const keys = [];
  let prefix;
  for (const line of run(program, ['help', 'config']).stdout.split('\n')) {
    const item = /^  (\S+) +([^:;0-9]+?(?:: list(?: of tags)?)?)(?:: ([^;]*))?(?: (\d+) to (\d+))?(?:;.*)?$/.exec(line);
    if (/^[a-z]+[a-z._]*$/.test(line)) prefix = line.split('.');
    else if (/^hosts.yml: /.test(line)) prefix = ['hosts'];
    else if (item && !/^ {3}/.test(line) && item[2] !== 'section')
      keys.push({
        path: [...prefix, item[1]],
        type: item[2],
        choices: item[3] ? item[3].split(', ') : null,
        min: item[4],
        max: item[5],
        required: /; required/.test(line),
      });
  }
  if (keys.length < 45) throw new Error(`only ${keys.length} keys were found`);
  return keys;
}

// [good, bad] of a key, as YAML.
function valuesOf(key) {
  const name = key.path.join('.');
  for (const pattern of Object.keys(values.keys)) if (new RegExp(`(^|\\.)${pattern}$`).test(name)) return values.keys[pattern];
  if (key.choices) return [key.choices.map((c) => (/^(yes|no)$/.test(c) ? `"${c}"` : c)), ['nonsense', '""', '1', `[${key.choices[0]}]`, '{}']];
  if (key.type === 'number') return [[key.min, key.max, `"${key.min}"`], [`${key.min - 1}`, `${+key.max + 1}`, 'x', '1.5', '[1]', '"x"', '""']];
  if (!values.types[key.type]) throw new Error(`${name}: values.js has no values of type ${key.type}`);
  return values.types[key.type];
}

// ---- files ----

// A tree of mappings, with YAML at its ends.
function put(tree, keyPath, yaml) {
  for (const part of keyPath.slice(0, -1)) tree = tree[part] ??= {};
  tree[keyPath[keyPath.length - 1]] = yaml;
}
function write(tree, indent = '') {
  if (typeof tree === 'string') return ` ${tree}\n`;
  const rows = Object.entries(tree).map(([name, inside]) => `${indent}${name}:${write(inside, `${indent}  `)}`);
  return (indent ? '\n' : '') + rows.join('');
}
function writeHosts(hosts, bare) {
  const rows = hosts.map((host) => `-${write(host, '  ').slice(2)}`).join('');
  return bare ? rows : `hosts:\n${rows}`;
}

const cases = []; // { name, which, file, good, beyond }
function add(name, which, text, good) {
  const folder = path.join(work, `${cases.length}`);
  const file = path.join(folder, which === 'config' ? 'stagecraft.yml' : 'hosts.yml');
  fs.mkdirSync(folder);
  fs.writeFileSync(file, text);
  cases.push({ name, which, file, good });
}

// Whether stagecraft takes a file, beside a good other one.
function accepts(which, file) {
  const pair = which === 'config' ? ['-f', file, '--hosts', path.join(work, 'hosts.yml')] : ['-f', path.join(work, 'stagecraft.yml'), '--hosts', file];
  const done = run(program, ['validate', '--json', ...pair]);
  if (done.status !== 0 && done.status !== 3) throw new Error(`${file}: validate exits with ${done.status}: ${done.stderr}`);
  const wrong = JSON.parse(done.stdout).filter((d) => d.severity === 'error');
  for (const d of wrong) if (d.file !== file) throw new Error(`${file}: ${d.file}:${d.line}: ${d.message}`);
  return wrong.length === 0;
}

function addWritten(folder) {
  for (const name of fs.readdirSync(folder).sort()) {
    const which = name === 'stagecraft.yml' ? 'config' : /^hosts\./.test(name) ? 'hosts' : null;
    const file = path.resolve(folder, name);
    if (which) cases.push({ name: path.join(folder, name), which, file, good: null });
  }
}
for (const top of ['golden', 'examples'])
  for (const folder of fs.readdirSync(top).sort()) if (fs.existsSync(path.join(top, folder, 'stagecraft.yml'))) addWritten(path.join(top, folder));
run(program, ['init', '-q'], { cwd: work });
addWritten(work);
const written = cases.length;

// What stagecraft itself writes as a host list is one.
for (const folder of fs.readdirSync('examples').sort()) {
  if (!fs.existsSync(path.join('examples', folder, 'stagecraft.yml'))) continue;
  add(`hosts --json of ${folder}`, 'hosts', run(program, ['hosts', '--json'], { cwd: path.join('examples', folder) }).stdout, true);
}

// ---- every key, wrong ----

const keys = readKeys();
const isHost = (key) => key.path[0] === 'hosts';
const sections = {}; // where keys stand, and which are needed
const full = {};
const host = {};
const hostOnly = (key) => key.path.slice(1);
const sshOfHost = keys.filter((key) => /^infra\.bootstrap\.ssh\./.test(key.path.join('.'))).map((key) => ({ ...key, path: ['hosts', 'ssh', key.path[3]], required: false }));
const allKeys = [...keys, ...sshOfHost];

const isProvider = (key) => key.path.length === 2 && key.path[1] === 'provider';
const PROVIDERS = { network: ['tailscale', 'headscale'], secrets: ['envfile', 'encore'] };
const PROVIDER_VALUES = (key) => [PROVIDERS[key.path[0]], ['nonsense', '""', '1', '[tailscale]', '{}']];
const both = (key) => (isProvider(key) ? PROVIDER_VALUES(key) : valuesOf(key));

for (const key of allKeys) {
  const [good] = both(key);
  if (good.length) put(isHost(key) ? host : full, isHost(key) ? hostOnly(key) : key.path, good[0]);
}
put(full, ['infra', 'bootstrap', 'network', 'provider'], 'tailscale');
add('all keys', 'config', write(full), true);
add('all keys', 'hosts', writeHosts([host]), true);

function changed(key, yaml, note, good) {
  const tree = structuredClone(isHost(key) ? host : full);
  const at = isHost(key) ? hostOnly(key) : key.path;
  // In the section of another provider less is asked, so it is the one that is used.
  const [kind, , id] = key.path;
  if (PROVIDERS[kind]?.includes(id)) tree[kind].provider = id;
  tree.infra?.bootstrap?.network && (tree.infra.bootstrap.network.provider = tree.network.provider);
  put(tree, at, yaml);
  if (yaml === undefined) {
    let inside = tree;
    for (const part of at.slice(0, -1)) inside = inside[part];
    delete inside[at[at.length - 1]];
  }
  add(`${key.path.join('.')}: ${note ?? yaml}`, isHost(key) ? 'hosts' : 'config', isHost(key) ? writeHosts([tree], cases.length % 2) : write(tree), good);
}
for (const key of allKeys) {
  const [good, bad] = both(key);
  for (const yaml of bad) changed(key, yaml, null, false);
  for (const yaml of good) if (!isProvider(key) || yaml === 'tailscale' || key.path[0] === 'secrets') changed(key, yaml, null, true);
  changed(key, '~', 'nothing', !key.required);
  if (key.required) changed(key, undefined, 'left out', false);
}
// Keys that are none of ours, in each section; where others' may stand, they may.
const inside = new Set(allKeys.map((key) => key.path.slice(0, -1).join('.')));
for (const section of [...inside, 'network.providers', 'secrets.providers', 'infra.bootstrap.network'])
  changed({ path: [...section.split('.'), 'unheard_of'] }, '{}', 'unknown key', section === 'hosts');
for (const section of ['unheard_of', 'infra.unheard_of']) changed({ path: section.split('.') }, '{a: [b]}', 'of others', true);
// Sections that are none.
for (const section of [...inside, 'network.providers', 'infra']) {
  if (section === 'hosts') continue;
  for (const yaml of ['text', '[]', '1']) changed({ path: section.split('.') }, yaml, `a section: ${yaml}`, false);
}
for (const section of ['infra', 'infra.bootstrap', 'infra.bootstrap.ssh', 'infra.bootstrap.docker', 'secrets', 'hosts.ssh'])
  changed({ path: section.split('.') }, '~', 'an empty section', true);
for (const section of ['network', 'network.providers', 'network.providers.tailscale']) changed({ path: section.split('.') }, '~', 'an empty section', false);
for (const yaml of ['- a', '{}', 'text', 'network: {provider: headscale}', 'network: {providers: {}}']) add(`a config: ${yaml}`, 'config', `${yaml}\n`, false);
for (const yaml of ['[]', '{}', 'text', 'hosts: []', 'hosts: {}', 'hosts:', '- text', '- []', 'other: []']) add(`a host list: ${yaml}`, 'hosts', `${yaml}\n`, false);
add('JSON', 'hosts', '{"hosts": [{"id": "a", "public_ip": "b", "ssh": null, "x": [1]}], "y": 1}', true);

for (const [name, { which, change, text }] of Object.entries(values.beyond)) {
  if (text) add(name, which, text, false);
  for (const [at, yaml] of Object.entries(change ?? {})) {
    const key = { path: at.split('.') };
    changed(key, yaml, null, false);
    cases[cases.length - 1].name = name;
  }
}
for (const [at, yaml] of Object.entries(values.stricter)) {
  changed({ path: at.split('.') }, yaml, null, true);
  cases[cases.length - 1].stricter = true;
}

// ---- good files, made up ----

let state = 20261125;
function random(n) {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return Math.floor((state / 0x80000000) * n);
}
const pick = (list) => list[random(list.length)];

for (let i = 0; i < GENERATED; i++) {
  const tree = {};
  const network = pick(PROVIDERS.network);
  for (const key of keys.filter((k) => !isHost(k))) {
    const name = key.path.join('.');
    const used = !/^network\.providers\./.test(name) || key.path[2] === network;
    const [good] = both(key);
    if (!good.length || !((key.required && used) || random(2))) continue;
    put(tree, key.path, key.required && used ? pick(good) : pick([...good, '~']));
  }
  put(tree, ['network', 'provider'], network);
  if (random(2)) put(tree, ['infra', 'bootstrap', 'network', 'provider'], network);
  if (random(2)) put(tree, ['project'], '{name: [a, b]}');
  add(`made up ${i}`, 'config', write(tree), true);
  const hosts = [];
  for (let n = 0; n <= random(4); n++) {
    const one = {};
    for (const key of allKeys.filter(isHost)) {
      const [good] = both(key);
      if (key.required || random(2)) put(one, hostOnly(key), key.required ? pick(good) : pick([...good, '~']));
    }
    put(one, ['id'], pick([`h${n}`, `"${n}-x"`, `${100 + n}`]));
    if (random(2)) put(one, ['region'], 'eu');
    hosts.push(one);
  }
  add(`made up ${i}`, 'hosts', writeHosts(hosts, random(2)), true);
}

// ---- the judges ----

function byAjv(schema, file) {
  if (file.endsWith('.json')) {
    try {
      return schema(JSON.parse(fs.readFileSync(file, 'utf8')));
    } catch {
      return false;
    }
  }
  const documents = YAML.parseAllDocuments(fs.readFileSync(file, 'utf8'));
  return documents.length === 1 && !documents[0].errors.length && schema(documents[0].toJS());
}

function byCheckJsonschema(schemaFile, files) {
  const done = run('check-jsonschema', ['--schemafile', schemaFile, '--output-format', 'json', '--no-cache', ...files]);
  const said = JSON.parse(done.stdout);
  const bad = new Set([...(said.errors ?? []), ...(said.parse_errors ?? [])].map((e) => path.resolve(e.filename)));
  if ((done.status === 0) !== (bad.size === 0)) throw new Error(`check-jsonschema exits with ${done.status}: ${done.stderr}`);
  return (file) => !bad.has(path.resolve(file));
}

const judges = {};
for (const which of ['config', 'hosts']) {
  const text = run(program, ['schema', which]).stdout;
  const file = path.join(work, `${which}.json`);
  fs.writeFileSync(file, text);
  const meta = run('check-jsonschema', ['--check-metaschema', file]);
  if (meta.status !== 0) fail(`${which}: no schema: ${meta.stdout}${meta.stderr}`);
  const complaints = [];
  const note = (text) => complaints.push(text);
  const ajv = new Ajv({ allowUnionTypes: true, strict: true, strictTypes: false, logger: { log: note, warn: note, error: note } });
  if (!ajv.validateSchema(JSON.parse(text))) fail(`${which}: no schema: ${JSON.stringify(ajv.errors)}`);
  const compiled = ajv.compile(JSON.parse(text));
  for (const complaint of complaints) fail(`${which}: ajv: ${complaint}`);
  const other = byCheckJsonschema(
    file,
    cases.filter((c) => c.which === which).map((c) => c.file),
  );
  judges[which] = { ajv: (f) => byAjv(compiled, f), 'check-jsonschema': other };
}

const beyond = { ...BEYOND };
let good = 0;
for (const [i, c] of cases.entries()) {
  let own;
  if (i < written) {
    const folder = path.dirname(c.file);
    const hosts = fs.readdirSync(folder).find((name) => /^hosts\./.test(name));
    const done = run(program, ['validate', '--json', '-f', 'stagecraft.yml', '--hosts', hosts], { cwd: folder });
    own = !JSON.parse(done.stdout).some((d) => d.severity === 'error' && d.file === path.basename(c.file));
  } else {
    own = accepts(c.which, c.file);
  }
  const want = c.good ?? own;
  good += want;
  if (own !== want) fail(`${c.name}: ${own ? 'taken' : 'refused'} by stagecraft\n${fs.readFileSync(c.file, 'utf8')}`);
  for (const [judge, takes] of Object.entries(judges[c.which])) {
    const verdict = !!takes(c.file) !== !!c.stricter;
    if (beyond[c.name] && !verdict) fail(`${c.name}: ${judge} refuses what is said to be beyond a schema (${beyond[c.name]})`);
    if (!beyond[c.name] && verdict !== want) fail(`${c.name}: ${verdict ? 'taken' : 'refused'} by ${judge}\n${c.good === null ? '' : fs.readFileSync(c.file, 'utf8')}`);
  }
}
for (const name of Object.keys(BEYOND)) if (!cases.some((c) => c.name === name)) fail(`${name}: there is no such file`);
console.log(`${cases.length} files (${written} written by people), ${good} good and ${cases.length - good} bad, by ajv, check-jsonschema and stagecraft`);
if (failures) console.log(`${failures} verdicts differ`);
process.exit(failures ? 1 : 0);
