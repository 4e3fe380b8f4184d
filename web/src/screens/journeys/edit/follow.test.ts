// What was meant before a command was done is meant of the same steps after it.
import { expect, it } from 'vitest'
import type { Command } from './desk'
import { followed, followedPlace, rebased } from './follow'

const add = (into: string, index: number): Command => ({
  edit: 'insert_step',
  into,
  index,
  kind: 'wait',
})
const drop = (path: string): Command => ({ edit: 'delete_step', path })
const move = (path: string, into: string, index: number): Command => ({
  edit: 'move_step',
  path,
  into,
  index,
})

it('finds a step that others were put before, or taken from before', () => {
  expect(followed('steps/2/then/0', [add('steps', 1)])).toBe('steps/3/then/0')
  expect(followed('steps/2/then/0', [add('steps/2/then', 0)])).toBe('steps/2/then/1')
  expect(followed('steps/2', [add('steps', 3), drop('steps/0')])).toBe('steps/1')
  expect(followed('steps/2', [{ edit: 'duplicate_step', path: 'steps/1' }])).toBe('steps/3')
  expect(followed('steps/1', [{ edit: 'duplicate_step', path: 'steps/1' }])).toBe('steps/1')
})

it('knows what is gone', () => {
  expect(followed('steps/2', [drop('steps/2')])).toBeNull()
  expect(followed('steps/2/else/0', [drop('steps/2')])).toBeNull()
  expect(followed('steps/2/else/0', [{ edit: 'remove_branch', path: 'steps/2/else' }])).toBeNull()
  expect(followed('steps/20', [drop('steps/2')])).toBe('steps/19')
})

it('finds a step of a way that another of its ways was taken from before', () => {
  const gone: Command = { edit: 'remove_branch', path: 'steps/2/wait_for/0' }

  expect(followed('steps/2/wait_for/1/then/0', [gone])).toBe('steps/2/wait_for/0/then/0')
  expect(followed('steps/2/wait_for/0/then/0', [gone])).toBeNull()
})

it('finds a step that was moved itself, with what stands in it, and those it passed', () => {
  const down = [move('steps/1', 'steps', 3)]
  expect(followed('steps/1/then/0', down)).toBe('steps/2/then/0')
  expect(followed('steps/2', down)).toBe('steps/1')
  expect(followed('steps/3', down)).toBe('steps/3')

  const inside = [move('steps/0', 'steps/1/then', 0)]
  expect(followed('steps/0', inside)).toBe('steps/0/then/0')
  expect(followed('steps/1/then/0', inside)).toBe('steps/0/then/1')
  expect(followed('steps/2', inside)).toBe('steps/1')
})

it('finds the place between the same steps', () => {
  const at = { into: 'steps', index: 2 }
  expect(followedPlace(at, [add('steps', 2)])?.index).toBe(3)
  expect(followedPlace(at, [add('steps', 3)])?.index).toBe(2)
  expect(followedPlace(at, [drop('steps/2')])?.index).toBe(2)
  expect(followedPlace(at, [drop('steps/1')])?.index).toBe(1)
  expect(followedPlace(at, [move('steps/3', 'steps', 0)])?.index).toBe(3)
  expect(followedPlace(at, [move('steps/0', 'steps', 4)])?.index).toBe(1)
  expect(followedPlace({ into: 'steps/1/then', index: 0 }, [drop('steps/1')])).toBeNull()
})

it('does to a step what was meant for it, and nothing where it is gone', () => {
  expect(rebased(drop('steps/2'), [drop('steps/2')])).toBeNull()
  expect(rebased(drop('steps/2'), [drop('steps/1')])).toEqual(drop('steps/1'))
  expect(rebased(add('steps', 2), [add('steps', 1)])).toEqual(add('steps', 3))
  const set: Command = { edit: 'set_field', path: 'steps/2/wait', value: '1h' }
  expect(rebased(set, [add('steps', 0)])).toEqual({ ...set, path: 'steps/3/wait' })
  const moved = move('steps/2', 'steps/3/then', 0)
  expect(rebased(moved, [drop('steps/0')])).toEqual(move('steps/1', 'steps/2/then', 0))
})
