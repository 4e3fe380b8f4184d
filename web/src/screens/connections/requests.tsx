// Requests as a provider would read them, and what was answered. Secrets are names or dots in them.
import type { components } from '@/api/schema'
import { Chip } from '@/kit/chip'
import { Note } from '@/kit/note'
import { CONNECTIONS } from '@/words/connections'
import { span } from '@/words/format'

type Trial = components['schemas']['SendTrial']
type Shown = components['schemas']['ShownRequest']
type Exchanged = components['schemas']['Exchanged']

const WORDS = CONNECTIONS.tryOut
const OK = 200
const REDIRECT = 300

export function Requests({ trial }: { trial: Trial }) {
  const mistakes = trial.mistakes ?? []
  if (mistakes.length > 0) {
    return (
      <Note tone="warn" title={WORDS.mistakes}>
        {mistakes.map((each) => `${each.what}. ${each.fix}`).join(' ')}
      </Note>
    )
  }
  return (
    <>
      {trial.refused && (
        <Note tone="warn" title={WORDS.refused}>
          {trial.refused}
        </Note>
      )}
      {trial.requests.map((request, index) => (
        <One key={index} request={request} />
      ))}
    </>
  )
}

function One({ request }: { request: Shown }) {
  return (
    <figure className="connections-request">
      <figcaption className="mono">
        <span className="strong">{request.method}</span> {request.url}
        {request.finds && <Chip tone="line">{WORDS.finds(request.finds)}</Chip>}
      </figcaption>
      {Object.entries(request.headers).map(([name, value]) => (
        <div className="mono quiet" key={name}>
          {name}: {value}
        </div>
      ))}
      {request.body !== null && request.body !== undefined && (
        <pre className="mono" tabIndex={0} aria-label={`${request.method} ${request.url}`}>
          {written(request.body)}
        </pre>
      )}
    </figure>
  )
}

export function Exchanges({ exchanged }: { exchanged: readonly Exchanged[] }) {
  return exchanged.map((each, index) => (
    <div key={index} className="connections-form">
      <One request={each.request} />
      {each.answer == null ? (
        <p className="quiet">{WORDS.noAnswer}</p>
      ) : (
        <figure className="connections-request">
          <figcaption className="row">
            <Chip tone={each.answer.status >= OK && each.answer.status < REDIRECT ? 'ok' : 'bad'}>
              {WORDS.answered(each.answer.status)}
            </Chip>
            <span className="quiet">{span(each.took_us)}</span>
          </figcaption>
          {each.answer.text !== '' && (
            <pre className="mono" tabIndex={0} aria-label={WORDS.answered(each.answer.status)}>
              {each.answer.text}
            </pre>
          )}
        </figure>
      )}
    </div>
  ))
}

function written(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body, null, 2)
}
