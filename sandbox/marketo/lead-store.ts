/**
 * The leads. One by one they are objects; a million at once are a function that says what lead `n` is, with an index
 * of their addresses in typed arrays, so that they fit into a few megabytes. A lead of such a block becomes an object
 * when something happens to it.
 */
import { hashOf } from '../shared/fault-draw.js';
import { made } from './fields.js';
import type { NewLead, SandboxLead } from './interface.js';

export const normalised = (email: string): string => email.trim().toLowerCase();
const keyOf = (lead: { readonly email?: string | null | undefined }): string | undefined =>
  lead.email == null || lead.email === '' ? undefined : normalised(lead.email);

class Block {
  readonly firstId: number;
  readonly count: number;
  readonly #of: (n: number) => NewLead;
  readonly #madeAtMs: number;
  /** Open addressing: a lead's number plus 1 and its address's hash, 0 where there is none. */
  #slots: { readonly leads: Uint32Array; readonly hashes: Uint32Array } | undefined;

  constructor(firstId: number, count: number, of: (n: number) => NewLead, madeAtMs: number) {
    this.firstId = firstId;
    this.count = count;
    this.#of = of;
    this.#madeAtMs = madeAtMs;
  }

  get(id: number): SandboxLead {
    return made(id, this.#of(id - this.firstId), this.#madeAtMs);
  }

  has(id: number): boolean {
    return id >= this.firstId && id < this.firstId + this.count;
  }

  /** Ids of all leads that had the address when they were made, and of some that had another with the same hash. */
  *idsWith(key: string): Generator<number> {
    const { leads, hashes } = (this.#slots ??= this.#index());
    const hash = hashOf(key);
    const mask = leads.length - 1;
    for (let slot = hash & mask; leads[slot] !== 0; slot = (slot + 1) & mask) {
      if (hashes[slot] === hash) yield this.firstId + (leads[slot] ?? 1) - 1;
    }
  }

  #index(): { readonly leads: Uint32Array; readonly hashes: Uint32Array } {
    const size = 2 ** Math.ceil(Math.log2(2 * this.count + 2));
    const leads = new Uint32Array(size);
    const hashes = new Uint32Array(size);
    for (let n = 0; n < this.count; n += 1) {
      const key = keyOf(this.#of(n));
      if (key === undefined) continue;
      const hash = hashOf(key);
      let slot = hash & (size - 1);
      while (leads[slot] !== 0) slot = (slot + 1) & (size - 1);
      leads[slot] = n + 1;
      hashes[slot] = hash;
    }
    return { leads, hashes };
  }
}

export class LeadStore {
  readonly #single = new Map<number, SandboxLead>();
  readonly #byEmail = new Map<string, Set<number>>();
  readonly #blocks: Block[] = [];
  readonly #gone = new Set<number>();
  #nextId = 1;

  add(lead: NewLead, nowMs: number): SandboxLead {
    const stored = made(this.#nextId, lead, nowMs);
    this.#nextId += 1;
    this.put(stored);
    return stored;
  }

  addMany(count: number, of: (n: number) => NewLead, nowMs: number): number {
    const block = new Block(this.#nextId, count, of, nowMs);
    this.#blocks.push(block);
    this.#nextId += count;
    return block.firstId;
  }

  get(id: number): SandboxLead | undefined {
    const single = this.#single.get(id);
    if (single !== undefined || this.#gone.has(id)) return single;
    return this.#blocks.find((block) => block.has(id))?.get(id);
  }

  put(lead: SandboxLead): void {
    this.#unlist(this.#single.get(lead.id));
    this.#single.set(lead.id, lead);
    const key = keyOf(lead);
    if (key === undefined) return;
    const ids = this.#byEmail.get(key);
    if (ids === undefined) this.#byEmail.set(key, new Set([lead.id]));
    else ids.add(lead.id);
  }

  remove(id: number): void {
    this.#unlist(this.#single.get(id));
    this.#single.delete(id);
    this.#gone.add(id);
  }

  #unlist(lead: SandboxLead | undefined): void {
    const key = lead && keyOf(lead);
    const ids = key === undefined ? undefined : this.#byEmail.get(key);
    if (lead === undefined || key === undefined || ids === undefined) return;
    ids.delete(lead.id);
    if (ids.size === 0) this.#byEmail.delete(key);
  }

  /** All with the address, in the order of their ids. */
  withEmail(email: string): readonly SandboxLead[] {
    const key = normalised(email);
    if (key === '') return [];
    const ids = new Set(this.#byEmail.get(key));
    for (const block of this.#blocks) for (const id of block.idsWith(key)) ids.add(id);
    const sorted = [...ids].sort((one, other) => one - other);
    return sorted.flatMap((id) => this.get(id) ?? []).filter((lead) => keyOf(lead) === key);
  }

  count(): number {
    return this.#nextId - 1 - this.#gone.size;
  }

  /** In the order of their ids, up to those that exist when it begins. */
  *all(): Generator<SandboxLead> {
    const end = this.#nextId;
    for (let id = 1; id < end; id += 1) {
      const lead = this.get(id);
      if (lead !== undefined) yield lead;
    }
  }
}
