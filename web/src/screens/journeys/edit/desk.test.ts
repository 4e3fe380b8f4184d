// The desk: commands in turn, undo in words, texts that are written while a command is under way.
import { expect, it, vi } from 'vitest'
import { Refused } from '@/api/client'
import type { Drawing } from '../graph'
import { type Calls, Desk, type Overlay, type Read } from './desk'

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
