// How a screen is declared. Each folder in screens/ has a `screen.ts` whose default export is one of
// these: that alone gives it its routes, its place in the rail and its line in the palette.
import type { Icon } from '@tabler/icons-react'
import type { ComponentType } from 'react'
import type { Me } from '@/api/types'

export type Permission = Me['permissions'][number]

export type Group = '' | 'Orchestrate' | 'Understand' | 'Data' | 'Govern' | 'foot'

export const GROUPS: readonly Group[] = ['', 'Orchestrate', 'Understand', 'Data', 'Govern', 'foot']

export type Page = {
  /** As TanStack Router writes it: `/customers/$id`. */
  path: string
  load: () => Promise<{ default: ComponentType }>
}

export type Screen = {
  label: string
  icon: Icon
  group: Group
  /** Where in its group; the information architecture leaves gaps of ten. */
  order: number
  /** Left out of rail and palette for whoever has it not. The server decides in any case. */
  needs?: Permission
  /** The first is where the rail leads. */
  pages: readonly [Page, ...Page[]]
}

export function screen(declared: Screen): Screen {
  return declared
}
