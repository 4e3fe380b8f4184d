// Which connectors of the catalogue are shown. Pure, so that it can be tested.
import type { components } from '@/api/schema'

type Connector = components['schemas']['ConnectorLine']
export type Filter = { word: string; direction: string; category: string; status: string }

/** Those for which every filter holds; each word is looked for in name, id and category. */
export function matching(connectors: readonly Connector[], filter: Filter): Connector[] {
  const words = filter.word.toLowerCase().split(/\s+/).filter(Boolean)
  return connectors.filter((each) => {
    const text = `${each.name} ${each.id} ${each.category} ${each.channel ?? ''}`.toLowerCase()
    return (
      words.every((word) => text.includes(word)) &&
      (filter.direction === '' || each.direction === filter.direction) &&
      (filter.category === '' || each.category === filter.category) &&
      (filter.status === '' || each.status === filter.status)
    )
  })
}

export function categoriesIn(connectors: readonly Connector[]): string[] {
  return [...new Set(connectors.map((each) => each.category))].filter(Boolean).sort()
}

/** By category, in the order of the catalogue's names; sources, which have none, come last. */
export function grouped(connectors: readonly Connector[]): [string, Connector[]][] {
  const names = [...categoriesIn(connectors), '']
  const groups = names.map((name): [string, Connector[]] => [
    name,
    connectors.filter((each) => each.category === name),
  ])
  return groups.filter(([, members]) => members.length > 0)
}
