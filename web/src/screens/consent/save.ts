// Saving what the server answered as a file of the viewer's.
export function save(name: string, value: unknown): void {
  const text = `${JSON.stringify(value, null, 2)}\n`
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
