// What a provider sends somebody back with. Pure, so that it can be tested.
import { CONNECTIONS } from '@/words/connections'

const WORDS = CONNECTIONS.agree
const PATH = 'connections/connected'

/** The address that the application at the provider has to allow. */
export function redirectHere(): string {
  return `${location.origin}${import.meta.env.BASE_URL}${PATH}`
}

export type Answer =
  | { is: 'code'; state: string; code: string }
  | { is: 'declined'; state: string; why: string; fix: string }
  | { is: 'nothing' }

/** What the address says. The provider's own text is not shown: anybody can write one into a link. */
export function answerIn(search: string): Answer {
  const given = new URLSearchParams(search)
  const state = given.get('state') ?? ''
  const code = given.get('code') ?? ''
  const error = given.get('error')
  if (error !== null) {
    const [why, fix] = WORDS.errors[error] ?? WORDS.errorUnknown
    return { is: 'declined', state, why, fix }
  }
  return state === '' || code === '' ? { is: 'nothing' } : { is: 'code', state, code }
}
