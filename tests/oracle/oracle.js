// SPDX-License-Identifier: MIT
// Generates templates and data from a seed, and compares what src/template.c
// made of them with what npm mustache 4.2.0 makes of them.
//
// Where the two differ on purpose, the generator keeps away or evens it out:
// - mustache.js escapes / ` = too: it is given our escape (& < > " ').
// - It looks for a whole dotted name in each context, where the specification
//   says that the first part decides: roots of dotted names are unique here.
// - It takes a line with several section tags and nothing else for a line of its
//   own, and indents partials that are not alone on a line: lines have a word
//   first, and only partials of one line stand inside a line.
// - Lists and objects as variables print "a,b" and "[object Object]" there.
// - A section over true does not push a context there: no {{.}} inside those.
// It has no inheritance.
'use strict'

const fs = require('fs')

let state

function random(n) { // mulberry32
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) % n
}

const pick = list => list[random(list.length)]
const chance = n => random(n) === 0

const STRINGS = ['', 'x', '무선 청소기', '<b>굵게</b>', '"a" & \'b\'', '{{v1}}', '{{{v1}}}', 'a\nb', ' ',
  '\n', '&amp;', '1,000원', '😀', '\t', '0', 'false', '=`/', '$&', '\\']

function number() {
  switch (random(6)) {
    case 0: return 0
    case 1: return random(2000000) - 1000000
    case 2: return Number.MAX_SAFE_INTEGER - random(1000)
    case 3: return (random(2000000) - 1000000) / 100
    case 4: return (random(2147483647) + 0.5) / (random(1000000) + 1)
  }
  // JSON writes whole doubles below 1e21 as integers, which our reader refuses over 64 bits.
  const d = (random(1000000) + 1) / 3 * 10 ** (random(60) - 30)
  return Number.isInteger(d) && !Number.isSafeInteger(d) && d < 1e21 ? d * 1e21 : d
}

function scalar() {
  switch (random(6)) {
    case 0: return null
    case 1: return chance(2)
    case 2:
    case 3: return number()
    default: return pick(STRINGS)
  }
}

const VARIABLES = ['v1', 'v2', 'v3', '이름', 'nope']

function object(depth) {
  const o = {}
  for (const name of VARIABLES)
    if (name !== 'nope' && !chance(3)) o[name] = scalar()
  if (depth) {
    o.items = Array.from({ length: random(4) }, () => object(depth - 1))
    o.words = Array.from({ length: random(4) }, () => pick(STRINGS))
    o.rows = Array.from({ length: random(3) }, () =>
      Array.from({ length: random(3) }, () => number()))
  }
  return o
}

function data() {
  const d = object(2)
  for (const name of ['root1', 'root2'])
    if (!chance(4)) d[name] = chance(6) ? scalar() : { ...object(1), deep: object(1) }
  return d
}

const PATHS = ['root1.v1', 'root2.이름', 'root1.deep.v2', 'root2.deep.v3', 'root1.nope.v1', 'nope.v1']
const DELIMITERS = [['{{', '}}'], ['<%', '%>'], ['[[', ']]'], ['|', '|'], ['«', '»']]
const WORDS = ['a', 'bc', '가나다', '{x', '}', '{ {x', '<p>', '"', '&', ':', '--']
const SPACES = ['', '', ' ', '  ', '\t', ' \t ']

const used = {}

class Writer {
  constructor(nl, partials) {
    this.nl = nl
    this.partials = partials // names that may be brought in
    this.delimiters = DELIMITERS[0]
  }

  tag(sigil, name) {
    const [open, close] = this.delimiters
    const pad = pick(['', '', ' '])
    used[sigil || 'variable'] = (used[sigil || 'variable'] || 0) + 1
    if (sigil === '{') return `${open}{${pad}${name}${pad}}${close}`
    return `${open}${sigil}${pad}${name}${pad}${close}`
  }

  variable(dot) {
    const name = dot && chance(2) ? '.' : chance(4) ? pick(PATHS) : pick(VARIABLES)
    return this.tag(pick(['', '', '', '{', '&']), name)
  }

  // [name, whether {{.}} prints a plain value inside]
  section() {
    return pick([['items'], ['words', true], ['rows'], ['root1'], ['root2.deep'],
      ['root1.items'], ['root2.words', true], [pick(VARIABLES)],
      [pick(VARIABLES)], [pick(PATHS)]])
  }

  inline(depth, dot) {
    let s = pick(WORDS)
    for (let n = random(4); n; n--) {
      const kind = random(8)
      if (kind < 3) s += this.variable(dot)
      else if (kind < 5 && depth) s += this.wrap(depth, dot, '', '')
      else if (kind === 5) s += this.tag('!', pick(['', ' c', 'c\n c', 'c = d']))
      else if (kind === 6 && this.partials.line.length) s += this.tag('>', pick(this.partials.line))
      s += pick(SPACES) + pick(WORDS)
    }
    return s
  }

  wrap(depth, dot, before, after) {
    const inverted = chance(4)
    const [name, inner] = this.section()
    const open = this.tag(inverted ? '^' : '#', name)
    const body = after || chance(4) ? this.lines(depth - 1, inverted ? dot : inner) : null
    const inside = body === null ? this.inline(depth - 1, inverted ? dot : inner)
      : after ? body : this.nl + body + pick(WORDS)
    return before + open + after + inside + before + this.tag('/', name) + after
  }

  line(depth, dot) {
    const around = () => pick(SPACES)
    switch (random(9)) {
      case 0:
      case 1:
        if (depth) return this.wrap(depth, dot, around(), around() + this.nl)
        break
      case 2:
        if (this.partials.all.length)
          return around() + this.tag('>', pick(this.partials.all)) + around() + this.nl
        break
      case 3:
        return around() + this.tag('!', pick(['', 'c', ' c\n  c '])) + around() + this.nl
      case 4: {
        const [open, close] = this.delimiters
        const next = pick(DELIMITERS)
        const s = `${open}=${pick(['', ' '])}${next.join(' ')}${pick(['', ' '])}=${close}`
        this.delimiters = next
        used['='] = (used['='] || 0) + 1
        return around() + s + around() + this.nl
      }
      case 5:
        if (this.nl === '\n') return pick(['', '', '  ']) + this.nl
    }
    return around() + this.inline(depth, dot) + around() + this.nl
  }

  lines(depth, dot) {
    let s = ''
    for (let n = random(4); n; n--) s += this.line(depth, dot)
    return s
  }
}

// Now and then without the last line's end.
function text(writer, depth) {
  const s = writer.lines(depth)
  return chance(3) ? s.replace(/\r?\n$/, '') : s + pick(['', 'end'])
}

function generate() {
  const nl = chance(4) ? '\r\n' : '\n'
  const partials = {}
  const known = { all: ['missing'], line: ['missing'] }
  for (const name of ['p1', 'p2', 'p3']) {
    const w = new Writer(nl, { all: [...known.all], line: [...known.line] })
    if (chance(2)) {
      partials[name] = w.inline(1).replace(/[\r\n]/g, ' ')
      known.line.push(name)
    } else {
      partials[name] = text(w, 2)
    }
    known.all.push(name)
  }
  return { template: text(new Writer(nl, known), 3), data: data(), partials }
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function compare(cases, results) {
  const mustache = require('mustache')
  mustache.escape = text => String(text).replace(/[&<>"']/g, c => ENTITIES[c])
  let different = 0
  cases.forEach((c, i) => {
    let expected
    try {
      expected = mustache.render(c.template, c.data, c.partials)
    } catch (e) {
      expected = `error: ${e.message}`
    }
    if (expected === results[i]) return
    if (++different <= 3)
      console.log(`oracle: case ${i} differs\n${JSON.stringify(c, null, 1)}\nmustache.js: ` +
        `${JSON.stringify(expected)}\ncpauto:      ${JSON.stringify(results[i])}`)
  })
  console.log(`oracle: ${cases.length} templates compared with npm mustache, ${different} differ`)
  return different || cases.length !== results.length ? 1 : 0
}

const read = path => JSON.parse(fs.readFileSync(path, 'utf8'))
const [, , what, ...args] = process.argv

if (what === 'generate') {
  state = Number(args[0]) | 0
  const cases = Array.from({ length: Number(args[1]) }, generate)
  fs.writeFileSync(args[2], JSON.stringify(cases))
  console.log('oracle: tags', JSON.stringify(used))
} else if (what === 'compare') {
  process.exitCode = compare(read(args[0]), read(args[1]))
} else {
  console.error('usage: oracle.js generate SEED CASES FILE | compare CASES RESULTS')
  process.exitCode = 64
}
