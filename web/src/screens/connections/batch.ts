// A long repair, page by page: how far it has come, and a way to stop it.
import { useCallback, useRef, useState } from 'react'

export type Progress = { done: number; all: number; phase: 'none' | 'doing' | 'done' | 'stopped' }

/** One page: how many were done, and where the next begins; null where there is none. */
export type Step = (after: number) => Promise<{ done: number; next: number | null }>

const NOTHING: Progress = { done: 0, all: 0, phase: 'none' }

/** Do pages one after the other until none is left or it is stopped. Each is bounded by the server.
 * `last`: whatever comes back behind it was repaired in vain, and is not repaired again. */
export async function run(
  step: Step,
  last: number,
  isStopped: () => boolean,
  tell: (done: number) => void,
): Promise<boolean> {
  let after = 0
  let done = 0
  while (!isStopped()) {
    const page = await step(after)
    done += page.done
    tell(done)
    if (page.next === null || page.next >= last) return true
    after = page.next
  }
  return false
}

export function useBatch() {
  const [progress, setProgress] = useState(NOTHING)
  const [error, setError] = useState<unknown>(null)
  const stopped = useRef(false)
  const begin = useCallback(async (step: Step, all: number, last: number) => {
    stopped.current = false
    setError(null)
    setProgress({ done: 0, all, phase: 'doing' })
    const tell = (done: number) => setProgress({ done, all, phase: 'doing' })
    try {
      const isWhole = await run(step, last, () => stopped.current, tell)
      setProgress((seen) => ({ ...seen, phase: isWhole ? 'done' : 'stopped' }))
    } catch (failed) {
      setError(failed)
      setProgress((seen) => ({ ...seen, phase: 'stopped' }))
    }
  }, [])
  const stop = useCallback(() => {
    stopped.current = true
  }, [])
  return { progress, error, begin, stop }
}
