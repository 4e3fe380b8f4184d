// Saving: over the state that was seen, kept on the device until then, and never over another's.
import { expect, it, vi } from 'vitest'
import { Refused } from '@/api/client'
import type { Drawing } from '../graph'
import { Clash, type KeptDraft } from './calls'
import { type Calls, Desk, type Edited } from './desk'
import { type Copy, type Device } from './device'
import { Keeper, type Saving } from './keeper'

// The client asks where the page is from.
vi.hoisted(() => vi.stubGlobal('location', { origin: 'http://localhost' }))

const FILE = 'journeys/x.yaml'
const SAVING: Saving = {
  is: 'same',
  savedAt: 0,
  draft: null,
  agreed: {},
  theirs: null,
  error: null,
  isUnkept: false,
}

function kept(files: KeptDraft['files'], etag: string): KeptDraft {
  return { files, etag, moved: [], draft: { saved_at: 7, base: 'p' } } as unknown as KeptDraft
}

const never = () => Promise.reject(new Refused(0, { code: '', message: '', fix: '' }))

function opened(save: (match: string) => KeptDraft, edit: Calls['edit'] = never) {
  const copies: Copy[] = []
  const device: Device = {
    get: () => copies.at(-1) ?? null,
    put: (copy) => copies.push(copy) > 0,
    drop: () => void copies.splice(0),
  }
  const drawing = { journey: 'x', file: FILE, steps: [] } as unknown as Drawing
  const read = { drawing, text: '', base: 'p' }
  const desk = Desk.of({ read: never, edit }, read, {})
  const calls = {
    find: () => Promise.resolve(null),
    save: (_: unknown, match: string) => Promise.resolve().then(() => save(match)),
  }
  const about = { name: 'x', journey: 'x', title: 'X', base: 'p' }
  const keeper = new Keeper(desk, about, device, calls, SAVING)
  keeper.open()
  return { desk, keeper, copies }
}

it('keeps a copy on the device until it is saved', async () => {
  const { desk, keeper, copies } = opened(() => kept({ [FILE]: 'a' }, '"1"'))

  desk.write(FILE, 'a', 'edit the text')
  expect(copies.at(-1)?.files).toEqual({ [FILE]: 'a' })
  await keeper.flush()

  expect(keeper.state().is).toBe('saved')
  expect(copies).toEqual([])
  desk.close()
})

it('saves again over the state that it saved before', async () => {
  const seen: string[] = []
  const { desk, keeper } = opened((match) => {
    seen.push(match)
    return kept({ [FILE]: 'a' }, `"${seen.length}"`)
  })

  desk.write(FILE, 'a', 'edit the text')
  await keeper.flush()
  desk.write(FILE, 'b', 'edit the text')
  await keeper.flush()

  expect(seen).toEqual(['', '"1"'])
  desk.close()
})

it('saves over nothing that it has not seen, until both are brought together', async () => {
  const theirs = kept({ [FILE]: 'theirs' }, '"9"')
  const { desk, keeper, copies } = opened((match) => {
    if (match !== '"9"') throw new Clash(theirs)
    return kept({ [FILE]: 'both' }, '"10"')
  })
  desk.write(FILE, 'mine', 'edit the text')
  await keeper.flush()

  expect([keeper.state().is, keeper.state().theirs]).toEqual(['clash', theirs])
  expect(copies.at(-1)?.files).toEqual({ [FILE]: 'mine' })
  desk.replace({ [FILE]: 'both' }, desk.state().now, 'bring both drafts together')
  keeper.settle(theirs)
  await keeper.flush()

  expect(keeper.state().is).toBe('saved')
  desk.close()
})

it('tries again when nobody answers', async () => {
  vi.useFakeTimers()
  let isAway = true
  const { desk, keeper, copies } = opened(() => {
    if (isAway) throw new Refused(0, { code: 'server.away', message: 'away', fix: '' })
    return kept({ [FILE]: 'a' }, '"1"')
  })
  keeper.subscribe(() => {})
  desk.write(FILE, 'a', 'edit the text')
  await vi.advanceTimersByTimeAsync(1_100)

  expect([keeper.state().is, copies.length > 0]).toEqual(['away', true])
  isAway = false
  await vi.advanceTimersByTimeAsync(2_100)

  expect(keeper.state().is).toBe('saved')
  desk.close()
  vi.useRealTimers()
})

it('saves a command too that was not answered when somebody left', async () => {
  const saved: unknown[] = []
  let answer: (edited: Edited) => void = () => undefined
  const { desk, keeper } = opened(
    () => kept({ [FILE]: String(saved.push('')) }, '"1"'),
    () => new Promise((resolve) => (answer = resolve)),
  )
  const { now } = desk.state()

  void desk.do(() => [{ edit: 'delete_step', path: 'steps/0' }])
  const gone = keeper.flush()
  keeper.close()
  desk.close()
  await Promise.resolve()
  answer({ ...now, files: { [FILE]: 'b' }, said: ['delete'], path: 'steps/0' })
  await gone

  expect(saved).toHaveLength(1)
  expect(keeper.state().is).toBe('saved')
})
