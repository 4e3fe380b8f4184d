// What happens, as it happens: the server's events, and how the connection is.
import { useEffect, useRef, useState } from 'react'
import type { components } from './schema'

export type LivePage = components['schemas']['LivePage']
export type Line = 'opening' | 'open' | 'lost'

/** Call `onPage` with every page of the live stream; return how the line is.
 * `about`: only steps with these types of notes, commas between. */
export function useLive(onPage: (page: LivePage) => void, about = ''): Line {
  const [line, setLine] = useState<Line>('opening')
  const call = useRef(onPage)
  useEffect(() => {
    call.current = onPage
  })
  useEffect(() => {
    const source = new EventSource(`/api/tail/live?${new URLSearchParams({ about, back: '200' })}`)
    source.addEventListener('open', () => setLine('open'))
    // The browser tries again by itself, from the last page it has seen.
    source.addEventListener('error', () => setLine('lost'))
    source.addEventListener('page', (event) => call.current(JSON.parse(event.data) as LivePage))
    return () => source.close()
  }, [about])
  return line
}
