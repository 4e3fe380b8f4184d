import { IconPlugConnected } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Connections',
  icon: IconPlugConnected,
  group: 'Data',
  order: 20,
  needs: 'look',
  pages: [
    { path: '/connections', load: () => import('./list') },
    { path: '/connections/destinations/$name', load: () => import('./destination') },
    { path: '/connections/sources/$name', load: () => import('./source') },
    { path: '/connections/destinations/$name/edit', load: () => import('./edit') },
    { path: '/connections/sources/$name/edit', load: () => import('./edit') },
    { path: '/connections/new/$name', load: () => import('./edit') },
    { path: '/connections/new/sources/$name', load: () => import('./edit') },
    { path: '/connections/connected', load: () => import('./connected') },
    { path: '/connections/quarantine', load: () => import('./quarantine') },
    { path: '/connections/quarantine/$position', load: () => import('./quarantined') },
    { path: '/connections/dead', load: () => import('./dead') },
    { path: '/connections/dead/$id', load: () => import('./buried') },
    { path: '/connections/catalog', load: () => import('./catalog') },
    { path: '/connections/catalog/$name', load: () => import('./connector') },
    { path: '/connections/catalog/sources/$name', load: () => import('./connector') },
  ],
})
