// The implicit base of every class; AssemblyScript knows it by the name of this file.
export abstract class Object {}
