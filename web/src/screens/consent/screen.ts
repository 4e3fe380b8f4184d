import { IconShieldCheck } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Consent & privacy',
  icon: IconShieldCheck,
  group: 'Govern',
  order: 20,
  needs: 'look',
  pages: [
    { path: '/consent', load: () => import('./consent') },
    { path: '/consent/erasures/$id', load: () => import('./certificate') },
  ],
})
