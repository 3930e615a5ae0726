/** The interface of keyed hashes, apart from their code: workflows see types that lead here, and have no Node. */
export interface Hasher {
  /** 16 characters a-z2-7 for an address in any spelling. */
  readonly person: (address: string) => string;
  /** 16 characters a-z2-7 for any other text; `purpose` keeps equal texts of different meaning apart. */
  readonly text: (purpose: string, text: string) => string;
}
