import { PAGE_SIZE } from '../../machine.ts';
import type { MappersRow, PageDetailsReport } from '../page-details.ts';
import { plural, size } from '../units.ts';
import { USAGE_NAMES } from '../usage-names.ts';
import type { Property } from '../view.ts';
import { ownerText } from './page-owner-text.ts';

/** What BTF adds to the text about a page. */
export function detailProperties(details: PageDetailsReport, pfn: number): Property[] {
  const { use, head, mapcounts, owner, ownerError } = details;
  const counts = Object.entries(mapcounts.compound).map(([name, count]) => `${name} ${count}`);
  const mapped = [...(mapcounts.page === null ? [] : [String(mapcounts.page)]), ...counts];
  const mappers = owner && 'mapped' in owner ? owner.mapped : null;
  const all: (Property | null)[] = [
    { name: 'use', value: use === 'kernel' ? 'kernel, of no particular type' : USAGE_NAMES[use][0] },
    zoneProperty(details),
    head.order > 0 || head.pfn !== pfn ? { name: 'part of', value: blockText(head) } : null,
    mapped.length > 0 ? { name: 'mapcount', value: mapped.join(', ') } : null,
    { name: 'owner', value: whose(owner, ownerError) },
    mappers && { name: 'mapped by', value: mappersText(mappers) },
  ];
  return all.filter((one) => one !== null);
}

function zoneProperty({ node, zone, inZoneSpan }: PageDetailsReport): Property | null {
  if (zone === null) return null;
  return { name: 'zone', value: `node ${node} ${zone}${inZoneSpan ? '' : ', outside its span'}` };
}

function blockText({ pfn, order, refcount }: PageDetailsReport['head']): string {
  return `2^${order} pages, ${size(PAGE_SIZE * 2 ** order)}, from pfn ${pfn} on, _refcount ${refcount}`;
}

function whose(owner: PageDetailsReport['owner'], error: string | null): string {
  if (error !== null) return `unknown: ${error}`;
  return owner === null ? 'not recorded' : ownerText(owner);
}

function mappersText({ processes, count, complete }: MappersRow): string {
  const unsure = complete ? '' : ', and maybe others';
  if (count === 0) return `no process${unsure}`;
  const named = processes.map(({ pid, name, address }) => `${pid} ${name} at ${address}`);
  const more = count > processes.length ? `, ${plural(count - processes.length, 'more mapping')}` : '';
  return `${named.join(', ')}${more}${unsure}`;
}
