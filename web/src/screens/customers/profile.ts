// A profile as it is now; the route also tells of the past, which these screens do not ask for.
import type { PastProfile, Profile } from '@/api/types'

export function presentOf(found: Profile | PastProfile): Profile {
  return 'profile' in found ? found.profile : found
}
