export const handler = async ({ day }) => ({ rows: [3, 5, 8].map((amount) => ({ day, amount })) });
