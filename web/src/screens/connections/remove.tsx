// Taking a destination or a source out of the definitions.
import { api, take } from '@/api/client'
import { Removing, type Removal, type Wish } from '@/screens/removing/removing'

type Props = { kind: 'destination' | 'source'; name: string }

const AS_IT_IS = { fields: {}, is_new: false, new_key: false, without_key: '' }

export function Remove({ kind, name }: Props) {
  const wanted = { ...AS_IT_IS, kind, name, is_removed: true }
  async function read(): Promise<Removal> {
    const { uses, problems, changes } = await take(
      api.POST('/api/connections/preview', { body: wanted }),
    )
    const wrong = problems.map(({ problem }) => `${problem.place.file}: ${problem.what}.`)
    return { uses: uses ?? [], wrong, changes }
  }
  async function propose(wish: Wish): Promise<number> {
    const body = { ...wanted, ...wish }
    const { shown } = await take(api.POST('/api/connections/propose', { body }))
    return shown.change?.number ?? 0
  }
  return <Removing kind={kind} name={name} read={read} propose={propose} />
}
