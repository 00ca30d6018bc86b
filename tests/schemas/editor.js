// editor.js FOLDER: what yaml-language-server offers and marks in files as init writes them, and in half-written ones. By the
// language server protocol on its standard streams; no network, no settings but to leave its catalogue alone.
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { spawn, spawnSync } = require('child_process');
const { pathToFileURL } = require('url');

const folder = path.join(process.argv[2], 'editor');
fs.mkdirSync(folder);
assert.equal(spawnSync(process.env.STAGECRAFT, ['init', '-q'], { cwd: folder }).status, 0);

const server = spawn('yaml-language-server', ['--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const late = setTimeout(() => {
  console.log('yaml-language-server did not answer in a minute');
  server.kill();
  process.exit(1);
}, 60000);
const answers = {};
const marks = {}; // by file's URI: what waits for diagnostics
let received = Buffer.alloc(0);
let last = 0;

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
  server.stdin.write(body);
}
const notify = (method, params) => send({ method, params });
function ask(method, params) {
  const id = ++last;
  send({ id, method, params });
  return new Promise((resolve, reject) => (answers[id] = { resolve, reject }));
}

const settings = { yaml: { validate: true, completion: true, hover: true, schemaStore: { enable: false } } };
function take(message) {
  if (message.method && message.id !== undefined) {
    const result = message.method === 'workspace/configuration' ? message.params.items.map((item) => settings[item.section] ?? null) : null;
    send({ id: message.id, result });
  } else if (message.method === 'textDocument/publishDiagnostics') {
    marks[message.params.uri]?.(message.params.diagnostics);
  } else if (message.id !== undefined && answers[message.id]) {
    const { resolve, reject } = answers[message.id];
    if (message.error) reject(new Error(message.error.message));
    else resolve(message.result);
  }
}
server.stdout.on('data', (bytes) => {
  received = Buffer.concat([received, bytes]);
  for (;;) {
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = +/Content-Length: (\d+)/i.exec(received.subarray(0, end).toString())[1];
    if (received.length < end + 4 + length) return;
    take(JSON.parse(received.subarray(end + 4, end + 4 + length).toString()));
    received = received.subarray(end + 4 + length);
  }
});

// Opens a file of this text. What is marked in it: ["line: message"], sorted.
let files = 0;
async function open(text) {
  const uri = pathToFileURL(path.join(folder, `half-${files++}.yml`)).href;
  const marked = new Promise((resolve) => (marks[uri] = resolve));
  notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
  return { uri, text, marks: (await marked).map((d) => `${d.range.start.line + 1}: ${d.message}`).sort() };
}

// What is offered at the end of the line that ends with WORDS: { label: its text }.
async function offered(file, words) {
  const lines = file.text.split('\n');
  const line = lines.findLastIndex((l) => l.endsWith(words));
  assert(line >= 0, words);
  const result = await ask('textDocument/completion', { textDocument: { uri: file.uri }, position: { line, character: lines[line].length } });
  return Object.fromEntries((result.items ?? result).map((item) => [item.label, item.documentation?.value ?? item.documentation ?? '']));
}

const config = '# yaml-language-server: $schema=.stagecraft.schema.json\n';
const hosts = '# yaml-language-server: $schema=.hosts.schema.json\n';

async function main() {
  await ask('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: {
      workspace: { configuration: true },
      textDocument: { completion: { completionItem: { documentationFormat: ['markdown'], snippetSupport: true } }, hover: {} },
    },
  });
  notify('initialized', {});
  notify('workspace/didChangeConfiguration', { settings });

  // What init writes is right, and its schemas are found.
  for (const name of ['stagecraft.yml', 'hosts.yml']) {
    const file = await open(fs.readFileSync(path.join(folder, name), 'utf8'));
    assert.deepEqual(file.marks, [], name);
  }
  const lost = await open(`${config.replace('.stagecraft', '.none')}network: {}\n`);
  assert.match(lost.marks.join(), /Unable to load schema/); // it would be told

  // Keys, with what they are for.
  let file = await open(`${config}network:\n  provider: tailscale\n  providers:\n    tailscale:\n      auth_key_env: KEY\n      t`);
  let got = await offered(file, '      t');
  assert.match(got.tailnet_domain, /the tailnet's DNS name/);
  assert.match(got.role_tags, /tags of the hosts with that role/);
  assert(!('auth_key_env' in got) && !('colour' in got));
  assert.match(file.marks.join(), /Missing property "tailnet_domain"/); // the provider that is used needs it

  file = await open(`${config}infra:\n  bootstrap:\n    docker:\n      installMethod: \n    ssh:\n      h\n    timeout: 1h\nn`);
  got = await offered(file, 'installMethod: ');
  for (const choice of ['apt', 'official', 'script', 'skip']) assert(choice in got, choice);
  got = await offered(file, '      h');
  for (const key of ['hostKeyChecking', 'port', 'jumpHost', 'user']) assert(got[key], key);
  got = await offered(file, 'n');
  assert.match(got.network, /the private network that hosts join/);
  file = await open(`${config}network:\n  provider: \n`);
  got = await offered(file, 'provider: ');
  assert('tailscale' in got && 'headscale' in got && !('null' in got));

  // Hosts, bare and under hosts:.
  for (const top of ['', 'hosts:\n']) {
    file = await open(`${hosts}${top}  - id: a\n    p`);
    got = await offered(file, '    p');
    assert.match(got.public_ip, /IPv4, IPv6, DNS name/);
    assert.match(got.role, /picks role_tags/);
    assert.match(file.marks.join(), /Missing property "public_ip"/);
    file = await open(`${hosts}${top}  - id: Bad_Id\n    public_ip: 10.0.0.1:22\n    tags: [eu]\n    ssh: {port: 70000}\n    region: eu\n`);
    const at = file.marks.map((mark) => parseInt(mark, 10) - (top ? 1 : 0));
    assert.deepEqual(at, [2, 3, 4, 5], file.marks.join('\n'));
  }

  // Values and keys that are wrong are marked where they stand; those of other tools aren't.
  file = await open(
    `${config}project: {x: [1]}\nnetwork:\n  provider: tailscal\n  provider_x: 1\n  providers:\n    tailscale:\n      auth_key_env: tskey-auth-x\n` +
      '      default_tags: [db]\ninfra:\n  other: 1\n  bootstrap:\n    docker: {minVersion: 24.0, installMethod: atp}\n    timeout: 15\n    ssh: {port: "22"}\n',
  );
  assert.deepEqual(
    file.marks.map((mark) => parseInt(mark, 10)).sort((a, b) => a - b),
    [4, 5, 8, 9, 13, 14],
    file.marks.join('\n'),
  );
  assert.match(file.marks.join('\n'), /"headscale", "tailscale"/);
  assert.match(file.marks.join('\n'), /"apt", "official", "script", "skip"/);

  // What a key is for, under the mouse.
  const hover = await ask('textDocument/hover', { textDocument: { uri: file.uri }, position: { line: 13, character: 6 } });
  assert.match(JSON.stringify(hover.contents), /for one host, all steps; write a number with its unit, such as 90s/);
}

main().then(
  () => {
    clearTimeout(late);
    server.kill();
    console.log(`${files} files in yaml-language-server: keys, choices, descriptions and marks`);
  },
  (error) => {
    console.log(error.stack);
    server.kill();
    process.exit(1);
  },
);
