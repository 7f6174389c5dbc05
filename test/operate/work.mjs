export const handler = async ({ id, fail }) => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  if (fail) throw new Error('told to fail');
  return { id };
};
