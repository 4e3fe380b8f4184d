// What stands around every screen: the rail, the palette, the sheet of keys.
import { useHotkeys } from '@mantine/hooks'
import { Outlet } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useGo } from '@/kit/go'
import { Away } from './away'
import { Rail } from './rail'

// What floats is not in the first load. The palette comes right behind it: keys that are pressed
// before it is there would be nobody's.
const KeySheet = lazy(() => import('./key-sheet'))
const loadPalette = () => import('./palette')
const Palette = lazy(loadPalette)

const SEQUENCE_MS = 900

export function Shell() {
  const [isFinding, setFinding] = useState(false)
  const [isHelping, setHelping] = useState(false)
  const pressedG = useRef(0)
  const go = useGo()
  useEffect(() => {
    // Where it does not come now, it is asked for again when it is called for.
    loadPalette().catch(() => undefined)
  }, [])
  useHotkeys([
    ['mod+K', () => setFinding(true)],
    ['shift+?', () => setHelping(true)],
    ['?', () => setHelping(true)],
    [
      'g',
      () => {
        pressedG.current = performance.now()
      },
    ],
    ['h', () => performance.now() - pressedG.current < SEQUENCE_MS && go('/')],
  ])
  return (
    <div className="shell">
      <Rail onFind={() => setFinding(true)} />
      <main className="main">
        <Away />
        <Outlet />
      </main>
      <Suspense>
        {isFinding && <Palette onClose={() => setFinding(false)} />}
        {isHelping && <KeySheet onClose={() => setHelping(false)} />}
      </Suspense>
    </div>
  )
}
