// The lines of the palette: screens, what the server found, and whoever might be meant.
import type { components } from '@/api/schema'
import type { Icon } from '@tabler/icons-react'
import { IconUserSearch } from '@tabler/icons-react'
import { FINDING } from '@/words/finding'
import { title } from '@/words/format'
import type { Screen } from './screen'

export type Found = components['schemas']['FoundThing']

export type Choice = {
  id: string
  group: string
  label: string
  /** Beside the label: its name in definitions, and what tells it from its like. */
  more?: string
  icon: Icon
  to: string
  search?: Record<string, string>
  state?: object
}

type Wanted = {
  text: string
  screens: readonly Screen[]
  found: readonly Found[]
  /** There is more than what was found so far. */
  isMore: boolean
}

/** What is named exactly comes first, then screens, then the rest as the server ranks it. */
export function choicesOf({ text, screens, found, isMore }: Wanted): Choice[] {
  const wanted = text.trim().toLowerCase()
  const things = found.map((one) => ({ rank: one.rank, choice: thing(one, screens) }))
  const choices = [
    ...things.filter((each) => each.rank === 0).map((each) => each.choice),
    ...screens.filter((each) => each.label.toLowerCase().includes(wanted)).map(toScreen),
    ...things.filter((each) => each.rank > 0).map((each) => each.choice),
  ]
  const isKnown = found.some((one) => one.kind === 'person')
  return wanted === '' || isKnown || isMore ? choices : [...choices, toCustomer(text.trim())]
}

/** Whether a screen is meant, so that nobody need be asked. */
export function isScreen(text: string, screens: readonly Screen[]): boolean {
  const wanted = text.trim().toLowerCase()
  return screens.some((each) => each.label.toLowerCase() === wanted)
}

function toScreen(each: Screen): Choice {
  return {
    id: `screen-${each.label.replaceAll(' ', '-')}`,
    group: FINDING.screen,
    label: each.label,
    icon: each.icon,
    to: each.pages[0].path,
  }
}

function thing(one: Found, screens: readonly Screen[]): Choice {
  const [to, search] = pageOf(one)
  const home = screens.find((each) => {
    const { path } = each.pages[0]
    return path !== '/' && to.startsWith(path)
  })
  return {
    id: `${one.kind}-${one.name}`.replaceAll(/[^\w-]/g, '_'),
    group: FINDING.kinds[one.kind],
    label:
      one.kind === 'person' ? FINDING.person(one.name.slice(-6)) : one.title || title(one.name),
    more: more(one),
    icon: home?.icon ?? IconUserSearch,
    to,
    search,
  }
}

function more({ kind, name, about }: Found): string {
  if (kind === 'person') return ''
  if (kind !== 'template') return [name, title(about)].filter(Boolean).join(' · ')
  return `${name} · ${about === '' ? FINDING.sentByNone : FINDING.sentBy(title(about))}`
}

function toCustomer(text: string): Choice {
  return {
    id: 'customer',
    group: FINDING.kinds.person,
    label: FINDING.customer(text),
    icon: IconUserSearch,
    to: '/customers',
    // Not in the address: who is looked for may be named by an e-mail address. The screen of the
    // customers takes it out of the history's state.
    state: { find: text },
  }
}

/** Where something that was found has its page. */
export function pageOf(one: Found): [path: string, search?: Record<string, string>] {
  const name = encodeURIComponent(one.name)
  switch (one.kind) {
    case 'journey':
      return [`/journeys/${name}`]
    case 'segment':
      return [`/segments/${name}`]
    case 'destination':
      return [`/connections/destinations/${name}`]
    case 'source':
      return [`/connections/sources/${name}`]
    case 'template':
      if (one.about === '') return ['/journeys']
      return [`/journeys/${encodeURIComponent(one.about)}`, { step: one.step ?? '' }]
    case 'person':
      return [`/customers/${name}`]
    case 'event':
    case 'trait':
    case 'term':
      return [`/dictionary/${name}`]
  }
}
