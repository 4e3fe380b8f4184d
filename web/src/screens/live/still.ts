// Rows stay where they are while somebody reaches for one of them.
import { type PointerEvent, useCallback, useEffect, useRef } from 'react'

const STILL_MS = 1_500

/** Return what lets things happen, later where a pointer has just moved, and what minds the pointer.
 * What still waits when `about` becomes another is forgotten. */
export function useStill(about: string) {
  const waiting = useRef<(() => void)[]>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  const go = useCallback(() => {
    timer.current = undefined
    for (const call of waiting.current.splice(0)) call()
  }, [])
  const hold = useCallback(
    (event: PointerEvent) => {
      // What moved below a pointer that rests is no reaching.
      const isStirred =
        event.type !== 'pointermove' || event.movementX !== 0 || event.movementY !== 0
      if (!isStirred) return
      clearTimeout(timer.current)
      timer.current = setTimeout(go, STILL_MS)
    },
    [go],
  )
  const inTime = useCallback((call: () => void) => {
    if (timer.current === undefined) call()
    else waiting.current.push(call)
  }, [])
  useEffect(() => {
    waiting.current = []
  }, [about])
  useEffect(() => () => clearTimeout(timer.current), [])
  return { inTime, minds: { onPointerMove: hold, onPointerDown: hold } }
}
