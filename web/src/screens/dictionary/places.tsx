// Where a definition is shown: its own screen where there is one, else its words in the dictionary.
import { SCREENS } from '@/app/screens'
import { Go } from '@/kit/go'
import { title } from '@/words/format'

const SCREEN_OF: Record<string, string> = {
  journey: 'journeys',
  segment: 'segments',
  destination: 'connections/destinations',
  source: 'connections/sources',
}
const WORDS = ['event', 'trait', 'computed', 'segment', 'term', 'team']

/** Nothing, where no screen shows it. */
export function placeOf(family: string, name: string): string | null {
  const screen = SCREEN_OF[family]
  const path = `/${screen}/$`
  const has = SCREENS.some((each) => each.pages.some((page) => page.path.startsWith(path)))
  if (screen !== undefined && has) return `/${screen}/${encodeURIComponent(name)}`
  return WORDS.includes(family) ? `/dictionary/${encodeURIComponent(name)}` : null
}

/** A definition by its name, as a link where something shows it. */
export function Definition({ family, name }: { family: string; name: string }) {
  const to = placeOf(family, name)
  if (to === null) return <span>{title(name)}</span>
  return (
    <Go className="link" to={to}>
      {title(name)}
    </Go>
  )
}
