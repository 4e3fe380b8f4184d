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

/** Put other lines in place of a step's, moved to where they stood. */
export function withText(text: string, place: Place, step: string): string {
  const lines = text.split('\n')
  const { line, column } = place
  const first = lines[line - 1] ?? ''
  const count = textOf(text, place).split('\n').length
  const [head = '', ...rest] = step.trimEnd().split('\n')
  const indent = ' '.repeat(column - 1)
  const moved = rest.map((each) => (each.trim() === '' ? '' : indent + each))
  lines.splice(line - 1, count, first.slice(0, column - 1) + head, ...moved)
  return lines.join('\n')
}
