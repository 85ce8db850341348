import type { BindingCase } from "./binding.ts";
import { faultCases } from "./faults.ts";
import { figureCases } from "./figures.ts";
import { inputCases } from "./input.ts";
import { lifetimeCases } from "./lifetime.ts";
import { outputCases } from "./output.ts";
import { wireCases } from "./wire.ts";

export const bindingCases: readonly BindingCase[] = [
  ...outputCases,
  ...inputCases,
  ...lifetimeCases,
  ...wireCases,
  ...faultCases,
  ...figureCases,
];
