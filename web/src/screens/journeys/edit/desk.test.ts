// The desk: commands in turn, undo in words, texts that are written while a command is under way.
import { expect, it, vi } from 'vitest'
import { Refused } from '@/api/client'
import type { Drawing } from '../graph'
import { type Json, type JsonObject, withAt } from '@/kit/form/json'
import { type Calls, type Command, Desk, type Overlay, type Read } from './desk'

// The client asks where the page is from.
vi.hoisted(() => vi.stubGlobal('location', { origin: 'http://localhost' }))

const FILE = 'journeys/x.yaml'

/** A server whose journey is its text, and whose commands write a word behind it. */
function server(isAway = () => false): Calls {
  const read = (files: Overlay): Read => ({
    drawing: { journey: 'x', file: FILE, steps: [], text: files[FILE] } as unknown as Drawing,
    text: files[FILE] ?? '',
    base: 'p',
  })
  const answer = async () => {
    await Promise.resolve()
    if (isAway()) throw new Refused(0, { code: 'server.away', message: 'away', fix: '' })
  }
  return {
    async read(_, files) {
      await answer()
      return read(files)
    },
    async edit(_, files, edits) {
      await answer()
      const words = edits.map((edit) => ('kind' in edit ? edit.kind : ''))
      const after = { ...files, [FILE]: `${files[FILE] ?? ''} ${words.join(' ')}`.trim() }
      return { ...read(after), files: after, said: words.map((word) => `add ${word}`), path: '0' }
    },
  }
}

function desk(calls = server()): Desk {
  const first = { drawing: { journey: 'x', file: FILE } as Drawing, text: '', base: 'p' }
  return Desk.of(calls, first, {})
}

const add = (kind: string) => () => [{ edit: 'insert_step' as const, into: '', index: 0, kind }]

it('does commands one after the other', async () => {
  const at = desk()

  await Promise.all([at.do(add('a')), at.do(add('b')), at.do(add('c'))])

  expect(at.state().now.text).toBe('a b c')
  expect(at.state().waiting).toBe(0)
})

it('undoes and redoes, and says what', async () => {
  const at = desk()
  await at.do(add('a'))
  await at.do(add('b'))

  const undone = await at.undo()
  expect([undone?.said, at.state().now.text]).toEqual(['add b', 'a'])
  const redone = await at.redo()
  expect([redone?.said, at.state().now.text]).toEqual(['add b', 'a b'])
  await at.undo()
  await at.do(add('c'))
  expect(await at.redo()).toBeNull()
})

it('takes what goes on in one place as one', async () => {
  const at = desk()
  await at.do(add('a'), 'steps/0/wait')
  await at.do(add('b'), 'steps/0/wait')
  at.pause()
  await at.do(add('c'), 'steps/0/wait')

  await at.undo()
  expect(at.state().now.text).toBe('a b')
  await at.undo()
  expect(at.state().now.text).toBe('')
})

it('does a command to the text that was written meanwhile', async () => {
  const at = desk()
  const done = at.do(add('a'))
  at.write(FILE, 'written', 'edit the text')

  await done

  expect(at.state().now.text).toBe('written a')
  at.close()
})

it('loses nothing of what was there when nobody answers', async () => {
  let isAway = false
  const at = desk(server(() => isAway))
  await at.do(add('a'))
  isAway = true

  expect(await at.do(add('b'))).toBeNull()

  expect(at.state().now.text).toBe('a')
  expect(at.state().refused?.isAway).toBe(true)
})

/** A server whose journey is a head of fields, as its text has them; it refuses values of a kind. */
function settings(fields: JsonObject, isRefused: (value: Json) => boolean = () => false) {
  const read = (text: string): Read => {
    const head = { fields: JSON.parse(text) as JsonObject }
    return { drawing: { file: FILE, head, steps: [], text } as unknown as Drawing, text, base: 'p' }
  }
  const next = (before: string, edit: Command): string => {
    if (edit.edit !== 'set_field' && edit.edit !== 'remove_field') return before
    const value = edit.edit === 'set_field' ? (edit.value as Json) : undefined
    if (isRefused(value ?? null))
      throw new Refused(422, { code: 'drawing.not_done', message: 'not so', fix: 'otherwise' })
    return JSON.stringify(withAt(JSON.parse(before) as Json, edit.path, value))
  }
  const first = JSON.stringify(fields)
  const calls: Calls = {
    read: (_, files) => Promise.resolve(read(files[FILE] ?? first)),
    async edit(_, files, edits) {
      await Promise.resolve()
      const text = edits.reduce(next, files[FILE] ?? first)
      return { ...read(text), files: { [FILE]: text }, said: ['set'], path: '' }
    },
  }
  return Desk.of(calls, read(first), {})
}

const headOf = (at: Desk) => at.state().now.drawing.head.fields as JsonObject
const RULE = { did: 'x', at_least: 2, within: '3h' }

it('keeps two changes to one rule of which the second did not see the first answered', async () => {
  const at = settings({ when: RULE })
  const seen = headOf(at)

  await Promise.all([
    at.set({ under: '', field: 'when', seen, to: { ...RULE, at_least: 5 } }),
    at.set({ under: '', field: 'when', seen, to: { ...RULE, within: '3d' } }),
  ])

  expect(headOf(at)).toEqual({ when: { ...RULE, at_least: 5, within: '3d' } })
  expect(at.state().ahead).toEqual([])
})

it('takes a setting back that is refused, says why, and does what came after', async () => {
  const at = settings({ when: RULE }, (value) => JSON.stringify(value).includes('"at_least":5'))
  const seen = headOf(at)
  const better = { when: { ...RULE, at_least: 5 } }

  const all = Promise.all([
    at.set({ under: '', field: 'when', seen, to: better.when }),
    at.set({ under: '', field: 'when', seen: better, to: { ...better.when, within: '3d' } }),
  ])
  expect(at.state().ahead.length).toBe(2)
  await all

  expect(headOf(at)).toEqual({ when: { ...RULE, within: '3d' } })
  expect(at.state().refused?.message).toBe('not so')
  await at.set({ under: '', field: 'title', seen: headOf(at), to: 'X' })
  expect(at.state().refused).toBeNull()
})

it('does nothing to a step that is gone by its turn', async () => {
  const at = settings({ when: RULE })
  const before = at.state().now

  await at.set({ under: 'steps/4', field: 'wait', seen: {}, to: '1h' })

  expect(at.state().now).toBe(before)
})

it('means by a step the one that was shown, wherever others put it, and none where it is gone', async () => {
  const calls = server()
  const edit = vi.spyOn(calls, 'edit')
  const at = desk(calls)
  const drop = [{ edit: 'delete_step' as const, path: 'steps/1' }]
  const found: (string | null)[] = []

  await Promise.all([
    at.do([{ edit: 'insert_step', into: 'steps', index: 0, kind: 'a' }]),
    at.do(drop),
    at.do(drop),
    at.do((_, follow) => {
      found.push(follow('steps/2'), follow('steps/1'))
      return []
    }),
  ])
  await at.do(drop)

  expect(edit.mock.calls.map(([, , edits]) => edits[0])).toEqual([
    expect.objectContaining({ edit: 'insert_step' }),
    { edit: 'delete_step', path: 'steps/2' },
    { edit: 'delete_step', path: 'steps/1' },
  ])
  expect(found).toEqual(['steps/2', null])
})
