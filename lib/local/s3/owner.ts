// The one account that owns everything here.
export const owner = {
  ID: 'c6a3f1d07e5b49288c1f0e6d9b7a5342e8d1c0b9a7f6e5d4c3b2a1908f7e6d5c',
  DisplayName: 'headrace',
} as const;

/** The account number of everything local; what x-amz-expected-bucket-owner must say, if anything. */
export const accountId = '000000000000';
