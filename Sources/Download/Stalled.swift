/// Too few bytes arrived in the time that they had.
struct Stalled: Error {
  let received: Int
}
