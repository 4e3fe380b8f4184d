// What happens, as it happens: the server's events, and how the connection is.
import { useEffect, useRef, useState } from 'react'
import type { components } from './schema'

export type LivePage = components['schemas']['LivePage']
export type Line = {
  is: 'opening' | 'open' | 'lost'
  /** When it was lost; null: it never was open. */
  lostAt: number | null
}

const OPENING: Line = { is: 'opening', lostAt: null }

const AGAIN_MS = 3_000

/** Call `onPage` with every page of the live stream; return how the line is.
 * `about`: only steps with these types of notes, commas between. */
export function useLive(onPage: (page: LivePage) => void, about = ''): Line {
  const [line, setLine] = useState<Line>(OPENING)
  const call = useRef(onPage)
  useEffect(() => {
    call.current = onPage
  })
  useEffect(() => {
    let source: EventSource
    let timer: ReturnType<typeof setTimeout> | undefined
    function open() {
      source = new EventSource(`/api/tail/live?${new URLSearchParams({ about, back: '200' })}`)
      source.addEventListener('open', () => setLine({ is: 'open', lostAt: null }))
      source.addEventListener('page', (event) => call.current(JSON.parse(event.data) as LivePage))
      source.addEventListener('error', () => {
        setLine((was) => lost(was, Date.now()))
        // The browser tries again by itself, from the last page it has seen; not so where something
        // between here and Legato answered in its place.
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS)
      })
    }
    open()
    return () => {
      clearTimeout(timer)
      source.close()
    }
  }, [about])
  return line
}

function lost(was: Line, now: number): Line {
  return { is: 'lost', lostAt: was.is === 'open' ? now : was.lostAt }
}
