/**
 * What this tab keeps over a reload: the secret of its worker and whether it was computing. Both are gone with the tab.
 * Browsers that refuse storage keep nothing.
 */

const IDENTITY = 'hivegrad.identity';
const COMPUTING = 'hivegrad.computing';

export interface TabStorage {
  identity(): string | undefined;
  keepIdentity(identity: string | undefined): void;
  wasComputing(): boolean;
  keepComputing(isComputing: boolean): void;
}

export function openTabStorage(open: () => Storage): TabStorage {
  const attempt = <T>(use: (storage: Storage) => T): T | undefined => {
    try {
      return use(open());
    } catch {
      return undefined;
    }
  };
  const keep = (key: string, value: string | undefined): void => {
    attempt((storage) => (value === undefined ? storage.removeItem(key) : storage.setItem(key, value)));
  };
  return {
    identity: () => attempt((storage) => storage.getItem(IDENTITY)) ?? undefined,
    keepIdentity: (identity) => keep(IDENTITY, identity),
    wasComputing: () => attempt((storage) => storage.getItem(COMPUTING)) === 'yes',
    keepComputing: (isComputing) => keep(COMPUTING, isComputing ? 'yes' : undefined),
  };
}
