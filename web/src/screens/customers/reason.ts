// The reason for which personal values are shown, as a call says it.
export function headersOf(reason: string): Record<string, string> {
  return reason === '' ? {} : { 'Legato-Reason': encodeURIComponent(reason) }
}
