// Steps lit on a canvas that does not know of it: a sheet of styles of its own, gone with the page.
import { useEffect } from 'react'

/** Light the steps at some paths that were come to, and the one where somebody stands. */
export function useLit(been: readonly string[], here: string): void {
  const key = been.join('\n')
  useEffect(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(rulesOf(key === '' ? [] : key.split('\n'), here))
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet)
    }
  }, [key, here])
}

function rulesOf(been: readonly string[], here: string): string {
  const rules = been.map(
    (path) => `${stepAt(path)} { border-color: var(--ok); background: var(--ok-soft); }`,
  )
  if (here !== '') {
    rules.push(
      `${stepAt(here)} { border-color: var(--warn); background: var(--warn-soft);`,
      'box-shadow: 0 0 0 1px var(--warn), var(--shadow-2); }',
    )
  }
  return rules.join('\n')
}

function stepAt(path: string): string {
  return `.walk .step:has([data-step="${CSS.escape(path)}"])`
}
