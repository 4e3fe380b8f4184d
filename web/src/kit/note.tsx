// Something that needs to be said in place: never colour alone, always an icon and words.
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconExclamationCircle,
  IconInfoCircle,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'

export type Tone = 'ok' | 'warn' | 'bad' | 'quiet'

const ICONS = {
  ok: IconCircleCheck,
  warn: IconAlertTriangle,
  bad: IconExclamationCircle,
  quiet: IconInfoCircle,
}

type Props = { tone?: Tone; title: ReactNode; children?: ReactNode; action?: ReactNode }

export function Note({ tone = 'quiet', title, children, action }: Props) {
  const Icon = ICONS[tone]
  return (
    <div className="note" data-tone={tone} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon size={16} stroke={1.8} aria-hidden="true" />
      <div className="grow">
        <span className="strong">{title}</span>
        {children !== undefined && <p>{children}</p>}
      </div>
      {action}
    </div>
  )
}
