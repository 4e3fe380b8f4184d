// The sign of each kind of step. A kind that is new to the Studio has a plain one.
import {
  IconArrowFork,
  IconArrowGuide,
  IconArrowsSplit2,
  IconBell,
  IconBolt,
  IconCircleDashed,
  IconClockHour4,
  IconDeviceMobile,
  IconFlag3,
  IconHourglass,
  type Icon,
  IconMail,
  IconMessage2,
  IconPencil,
  IconRosetteDiscountCheck,
  IconSend,
  IconUserMinus,
  IconUserPlus,
  IconWebhook,
} from '@tabler/icons-react'
import type { TileKind } from '@/kit/tile'
import { channelOf, type Step } from './graph'

const KINDS: Record<string, Icon> = {
  start: IconBolt,
  wait: IconClockHour4,
  wait_until: IconClockHour4,
  wait_for: IconHourglass,
  await_confirmation: IconRosetteDiscountCheck,
  when: IconArrowFork,
  split: IconArrowsSplit2,
  send: IconSend,
  set: IconPencil,
  join: IconUserPlus,
  leave_audience: IconUserMinus,
  call: IconWebhook,
  go_to: IconArrowGuide,
  leave: IconFlag3,
}
const CHANNELS: readonly (readonly [RegExp, Icon])[] = [
  [/mail/, IconMail],
  [/push/, IconBell],
  [/sms|text/, IconMessage2],
  [/app|phone|mobile/, IconDeviceMobile],
]

export function iconOf(step: Step | null): Icon {
  if (step === null) return IconBolt
  const channel = channelOf(step)
  const byChannel = CHANNELS.find(([pattern]) => pattern.test(channel))
  return byChannel?.[1] ?? iconOfKind(step.kind)
}

export function iconOfKind(kind: string): Icon {
  return KINDS[kind] ?? IconCircleDashed
}

export function tileOf(step: Step | null): TileKind {
  return step?.family ?? 'listen'
}
