// What the audit trail calls a deed, in words; the code that filters go by stays beside it.
import { title } from './format'

const DEEDS: Readonly<Record<string, string>> = {
  'access.refuse': 'Was kept out',
  'backfill.stop': 'Gave a backfill up',
  'change.apply': 'Applied a change',
  'change.approve': 'Approved a change',
  'change.approved': 'Approved a change',
  'change.escalate': 'Asked the next for an answer',
  'change.propose': 'Proposed a change',
  'change.reject': 'Rejected a change',
  'change.rejected': 'Rejected a change',
  'change.revise': 'Revised a change',
  'change.void': 'An approval became void',
  'change.withdraw': 'Withdrew a change',
  'connection.call': 'Tried a connection',
  'consent.reveal': 'Saw personal values',
  'consent.say': 'Put a consent on record',
  'definitions.export': 'Took definitions out',
  'definitions.words': 'Took over other words for what runs',
  'delivery.redrive': 'Tried deliveries again',
  'delivery.reveal': 'Saw personal values',
  'destination.connect': 'Connected an account',
  'dictionary.reveal': 'Saw personal values',
  'draft.begin': 'Began a draft',
  'draft.delete': 'Deleted a draft',
  'draft.propose': 'Proposed a draft',
  'draft.save': 'Saved a draft',
  'drift.approve': 'Approved a new shape',
  'drift.reject': 'Rejected a new shape',
  'erasure.completed': 'Completed an erasure',
  'erasure.erased': 'Overwrote their records',
  'event.recall': 'Sent events of before',
  'example.remove': 'Removed the example',
  'journey.enter': 'Let somebody into a journey',
  'journey.pause': 'Paused a journey',
  'journey.resume': 'Resumed a journey',
  'match.accept': 'Joined two suggested',
  'match.reject': 'Told two apart',
  'match.reveal': 'Saw personal values',
  'match.suggest': 'Looked for matches',
  'people.reveal': 'Saw personal values',
  'person.erase': 'Asked for an erasure',
  'person.export': 'Gave out a person’s data',
  'person.join': 'Joined two people',
  'person.part': 'Parted an identifier',
  'person.record': 'Made a scenario of somebody',
  'person.reveal': 'Saw personal values',
  'person.split': 'Split two people',
  'person.try': 'Lived somebody again',
  'plan.apply': 'Applied definitions',
  'plan.waive': 'Answered for an objection',
  'quarantine.replay': 'Fed events in again',
  'quarantine.reveal': 'Saw personal values',
  'retired.remove': 'Removed what was retired',
  'secret.remove': 'Removed a secret',
  'secret.rotate': 'Changed a secret',
  'secret.set': 'Set a secret',
  'session.begin': 'Signed in',
  'session.end': 'Signed out',
  'session.end_all': 'Signed out everywhere',
  'sql.query': 'Asked in SQL',
  'sql.reveal': 'Saw personal values',
  'token.create': 'Made a token',
  'token.move': 'Changed a token’s team',
  'token.revoke': 'Revoked a token',
  'user.change': 'Changed a user',
  'user.create': 'Made a user',
  'user.invite': 'Invited somebody',
  'user.password': 'Changed a password',
  'user.remove': 'Removed a user',
}

export function deedOf(action: string): string {
  return DEEDS[action] ?? title(action.replaceAll('.', ': '))
}

const DIGEST = /^[0-9a-f]{24,}$/
const SHOWN = 12

/** A digest by its beginning: nobody compares more of it by eye. */
export function shortDigest(text: string): string {
  return DIGEST.test(text) ? `${text.slice(0, SHOWN)}…` : text
}
