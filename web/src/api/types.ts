// Names for what the API answers. The schema itself is generated: `npm run types`.
import type { components } from './schema'

type Schemas = components['schemas']

export type Refusal = Schemas['Refusal']
export type Me = Schemas['Me']
export type Overview = Schemas['Overview']
export type Status = Schemas['Status']
export type Alert = Schemas['Alert']
export type Told = Schemas['Told']
export type TailPage = Schemas['TailPage']
export type Profile = Schemas['Profile']
export type PastProfile = Schemas['PastProfile']
export type Trait = Schemas['ShownTrait']
export type Message = Schemas['Message']
export type Ledger = Schemas['Ledger']
export type Holding = Schemas['Holding']
export type Answer = Schemas['insight_why_answer_Answer']
export type Weighing = Schemas['insight_why_answer_Weighing']
export type GateLine = Schemas['GateLine']
export type Problem = Schemas['Problem']
export type Journey = Schemas['ShownJourney']

/** An instant: whole microseconds since 1970, UTC. */
export type Instant = number
