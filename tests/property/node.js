// node's dotenv, from npm: lines of generate.c on standard input, what it read on standard output.
'use strict'
const dotenv = require('dotenv')
const hex = (s) => Buffer.from(s, 'utf8').toString('hex')
const fast = process.argv[2] === 'fast'
let at = 0
for (const line of require('fs').readFileSync(0, 'latin1').split('\n')) {
  at++
  if (!line || line.startsWith('cue')) continue
  const read = dotenv.parse(Buffer.from(line.split(' ')[1].slice(1), 'hex'), { fast })
  console.log([at, ...Object.keys(read).map((k) => `${k}=${hex(read[k])}`).sort()].join(' '))
}
