import { IconUsersGroup } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'People & roles',
  icon: IconUsersGroup,
  group: 'Govern',
  order: 50,
  needs: 'look',
  pages: [
    { path: '/access', load: () => import('./access') },
    { path: '/access/me', load: () => import('./me') },
  ],
})
