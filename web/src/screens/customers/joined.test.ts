// How a customer came to be one: whoever is still in the profile, by what was noted.
import { expect, test } from 'vitest'
import type { Told } from '@/api/types'
import { joiningsOf } from './joined'

function merged(at: number, gone: string, by: string): Told {
  const notes = [{ type: 'merged', gone, by }]
  return { position: at, person_id: 'p', at, sentences: [''], notes }
}

test('each who was joined says by what and when, the latest time where it was twice', () => {
  const steps = [merged(3, 'b', 'email'), merged(1, 'a', 'phone'), merged(5, 'b', 'user_id')]

  expect(joiningsOf(['a', 'b'], steps)).toEqual([
    { gone: 'a', by: 'phone', at: 1 },
    { gone: 'b', by: 'user_id', at: 5 },
  ])
})

test('who was parted again is none of them, and what is not shown is said to be unknown', () => {
  expect(joiningsOf(['old'], [merged(1, 'parted', 'email')])).toEqual([
    { gone: 'old', by: '', at: null },
  ])
})
