// An answer comes in lines, however the network cuts them.
import { expect, test } from 'vitest'
import { linesOf } from './lines'

function streamOf(...parts: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(encoder.encode(part))
      controller.close()
    },
  })
}

async function all(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  const found: string[] = []
  for await (const line of linesOf(stream)) found.push(line)
  return found
}

test('a line that comes in pieces is one line', async () => {
  expect(await all(streamOf('{"a"', ':1}\n{"b":', '2}\n'))).toEqual(['{"a":1}', '{"b":2}'])
})

test('two lines that come at once are two, and the last needs no end', async () => {
  expect(await all(streamOf('1\n2\n', '3'))).toEqual(['1', '2', '3'])
})
