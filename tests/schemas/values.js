// What people write for each type of keys, as YAML: [what fits, what doesn't]. By the type's name in `stagecraft help config`;
// by a key's path where it takes less than its type. A type that isn't here fails the check.

const setting = [['[--ssh, --accept-routes=true]', '[]', '["--ssh=false"]'], ['--ssh', '[ssh]', '["--ssh x"]', '{--ssh: true}', '[""]']];
const tags = ['[tag:a, tag:b-1]', '[]', '["tag:Z"]'];
const notTags = ['tag:a', '[a]', '["tag:"]', '["tag:a b"]', '[[tag:a]]', '{tag: a}', '[tag:1]', '[1]'];

exports.types = {
  text: [['plain', '"a: b"', "'it''s'", '12', '1.5', 'no', '日本'], ['""', '"a\\tb"', '[a]', '{a: b}']],
  word: [['word', '"5:1"', 'a.b_c+~d-e', '7'], ['""', '-a', '"a b"', '[a]', '"a/b"']],
  'true or false': [['true', 'false', '"true"', "'false'"], ['yes', '1', '"False"', '[]', '"1"', '{}']],
  duration: [['60s', '5m', '1m30s', '"90s"'], ['15', '1.5h', '""', '[60s]', '90', '1m1h', '60 s', '"60"']],
  version: [['1.78.0', '1', '1.2', '"1.3"', '"2"'], ['newest', '"1."', 'v1.2', '-1', '{a: 1}', '1.2.3.4', '"1.2 "']],
  "variable's name": [['TS_AUTHKEY', '_K1', '"KEY_2"'], ['tskey-auth-x', '1A', '"A B"', 'STAGECRAFT_X', '12', '""', '[KEY]', '$KEY']],
  'DNS name': [['a.b', 'mytailnet.ts.net', '"9-x.example"'], ['single', 'A.b', 'a..b', '"a.b."', '""', '[a.b]', 'a_b.c']],
  URL: [['https://h', 'https://h.example:8443/a?b=c', '"http://10.0.0.1"'], ['h.example', 'ftp://h', '"https://"', '"https://a b"', '12', '[https://h]']],
  file: [['keys/id', '~/.ssh/id', '/etc/x', '"a b"', '12', '.'], ['""', '-x', "'a\"b'", "'a\\b'", '/dev/null', '/proc/x', '[a]', '{a: b}']],
  'list of tags': [tags, notTags],
  'role: list of tags': [['{db: [tag:db], "": []}', '{}', '{"a b": [tag:x], c: }'], ['[tag:db]', 'tag:db', '{db: tag:db}', '{db: [db]}', '{db: {a: b}}']],
  list: setting,
  'role: list': [['{gateway: [--ssh], "": []}', '{}', '{a: }'], ['[--ssh]', '--ssh', '{a: --ssh}', '{a: [ssh]}', '{a: {b: c}}']],
};

exports.keys = {
  'hosts.id': [['one', '"0"', 'a--b', '7'], ['A', '-a', 'a_b', 'a.b', '""', '[a]', '-7', '1.5']],
  'hosts.public_ip': [['203.0.113.1', '"2001:db8::1"', 'db.example.com', 'my_alias', "'fe80::1%eth0'"],
    ['203.0.113.1:22', 'root@h', '10.0.0.0/8', '-x', '"a b"', '""', '5', '1.5', '256.1.1.1', '[h]', '"[::1]"']],
  'ssh.user': [['root', 'deploy', 'a.b-c_d', '9'], ['-x', '"a b"', 'a@b', '""', '"a;b"', '[a]', '-1']],
  'ssh.jumpHost': [['h', 'u@h:22', '"u@[2001:db8::1]:22"', 'a,b@c'], ['-h', 'u@', '"a b"', 'h:x', '"a,"', '[a]']],
  'ssh.knownHostsFile': [['keys/known', '~/.ssh/known_hosts'], ['none', 'a/None', '""', '-x', '[a]']],
  'docker.version': [['latest', '27', '27.5', '"5:27.5.1-1~debian.12"'], ['newest', 'v27', '27.x', '"27."', '""', '[27]', '-27']],
  'install.version': [['99', '99.1.2', '"100.0"'], ['newest', 'v99', '"99."', '-99', '[99]']],
  'providers.encore.target': [['local', 'dev,prod', '"dev, env:x"', 'env:staging'], ['x', '"dev,"', 'env:', '[dev]', '1']],
  'providers.[a-z]*.policy_file': [[], ['""', '-x', '/dev/null', '[a]']], // one has to be there, with what it is about
};

// Mistakes that no schema tells, or not without more words than they are worth; `stagecraft validate` does.
exports.beyond = {
  'two hosts of one id': { which: 'hosts', text: '- {id: a, public_ip: b}\n- {id: a, public_ip: c}\n', why: 'items are compared by nothing but as a whole' },
  'another network': { which: 'config', change: { 'infra.bootstrap.network.provider': 'headscale' }, why: 'two places have to agree' },
  'a version below the lowest': { which: 'config', change: { 'network.providers.tailscale.install.version': '1.0.0' }, why: 'two places have to agree' },
  'a duration out of bounds': { which: 'config', change: { 'infra.bootstrap.timeout': '1s' }, why: 'a pattern does not count seconds' },
  'a quoted port out of bounds': { which: 'config', change: { 'infra.bootstrap.ssh.port': '"70000"' }, why: 'bounds are of numbers, and this is text' },
  'a port in YAML of another base': { which: 'config', change: { 'infra.bootstrap.ssh.port': '0x16' }, why: 'it is a number once YAML has read it' },
  'a flag in capitals': { which: 'config', change: { 'infra.bootstrap.docker.enabled': 'True' }, why: 'it is true once YAML has read it' },
  'a version with an exponent': { which: 'config', change: { 'infra.bootstrap.docker.minVersion': '1e3' }, why: 'it is a number once YAML has read it' },
  'an IPv6 address that is none': { which: 'hosts', change: { 'hosts.public_ip': '"1::2::3"' }, why: 'a pattern of all of its forms fills a page' },
  'a setting that the client has not': { which: 'config', change: { 'network.providers.tailscale.up_args': '[--no-such]' }, why: 'which there are, the client knows' },
  'a key for its name': { which: 'config', change: { 'network.providers.tailscale.auth_key_env': 'ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12cd34ef56' }, why: 'what looks like a secret is a guess' },
  'the same environment twice': { which: 'config', change: { 'secrets.providers.encore.target': 'dev,development' }, why: 'the parts of a text are not compared' },
  'an alias': { which: 'config', text: 'network: {provider: tailscale, providers: {tailscale: {auth_key_env: &a KEY, tailnet_domain: a.b, login_server: https://h}}}\nsecrets: {providers: {envfile: {source_file: *a}}}\n', why: 'YAML resolves it first' },
};

// What stagecraft takes and the schemas don't: true and false as a text, which editors would offer everywhere.
exports.stricter = { 'hosts.role': 'true', 'hosts.name': 'false', 'hosts.public_ip': 'true', 'infra.bootstrap.ssh.user': 'true', 'infra.bootstrap.ssh.privateKeyPath': 'false' };
