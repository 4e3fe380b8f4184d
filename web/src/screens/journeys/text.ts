// The lines of a file in which one step is written.
type Place = { line: number; column: number }

/** Return a step's lines, moved to the margin: from where it begins as far as they are indented. */
export function textOf(text: string, { line, column }: Place): string {
  const lines = text.split('\n')
  const first = lines[line - 1] ?? ''
  const found = [first.slice(column - 1)]
  for (const each of lines.slice(line)) {
    const indent = each.length - each.trimStart().length
    if (each.trim() !== '' && indent < column - 1) break
    found.push(each.slice(Math.min(column - 1, indent)))
  }
  return found.join('\n').trimEnd()
}
