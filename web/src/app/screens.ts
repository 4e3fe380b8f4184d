// All screens there are, in the order of the rail.
import { GROUPS, type Permission, type Screen } from './screen'

const found = import.meta.glob<{ default: Screen }>('../screens/*/screen.ts', { eager: true })

export const SCREENS: readonly Screen[] = Object.values(found)
  .map((module) => module.default)
  .sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) || a.order - b.order)

/** The screens that somebody with these permissions can use. */
export function screensFor(permissions: readonly Permission[]): readonly Screen[] {
  return SCREENS.filter((each) => each.needs === undefined || permissions.includes(each.needs))
}

/** Whether there is such a page, as screens declare them: for links to what may not be there. */
export function hasPage(path: string): boolean {
  return SCREENS.some((each) => each.pages.some((page) => page.path === path))
}
