// A long repair, page by page.
import { expect, test } from 'vitest'
import { run } from './batch'

test('pages are done one after the other until none is left', async () => {
  const asked: number[] = []
  const told: number[] = []
  const step = (after: number) => {
    asked.push(after)
    return Promise.resolve({ done: 10, next: after < 20 ? after + 10 : null })
  }

  expect(
    await run(
      step,
      100,
      () => false,
      (done) => told.push(done),
    ),
  ).toBe(true)
  expect(asked).toEqual([0, 10, 20])
  expect(told).toEqual([10, 20, 30])
})

test('what comes back behind the last is not repaired again', async () => {
  let pages = 0
  const step = (after: number) => {
    pages += 1
    return Promise.resolve({ done: 1, next: after + 1 })
  }

  expect(
    await run(
      step,
      3,
      () => false,
      () => {},
    ),
  ).toBe(true)
  expect(pages).toBe(3)
})

test('it stops between two pages, and says so', async () => {
  let pages = 0
  const step = () => {
    pages += 1
    return Promise.resolve({ done: 1, next: pages })
  }

  expect(
    await run(
      step,
      100,
      () => pages >= 2,
      () => {},
    ),
  ).toBe(false)
  expect(pages).toBe(2)
})
