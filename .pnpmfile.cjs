// What is published names the built files alone: the condition that leads to the TypeScript sources stays in this repository.
module.exports = {
  hooks: {
    beforePacking(manifest) {
      const { devDependencies: _, ...rest } = manifest;
      if (manifest.exports === undefined) return rest;
      const withoutSource = (target) => {
        if (typeof target !== "object" || target === null) return target;
        const { "@trilby/source": _source, ...conditions } = target;
        return conditions;
      };
      const exports = Object.entries(manifest.exports).map(([path, target]) => [path, withoutSource(target)]);
      return { ...rest, exports: Object.fromEntries(exports) };
    },
  },
};
