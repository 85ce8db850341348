/** A group of API calls as allow and deny rules name it, for example `{ group: "state", version: "v1" }`. */
export interface ApiName {
  readonly group: string;
  readonly version: "v1" | "v1alpha1" | "v1alpha2" | "v1beta1";
}
