/// What is wrong with an archive, before it is known where.
struct TarFlaw: Error {
  let expected: String
  let found: String
}
