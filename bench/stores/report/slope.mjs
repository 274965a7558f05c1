/** Of the straight line through `[epochMs, value]` by least squares: how much more it is after an hour. */
export function slopePerHour(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const meanAt = mean(([at]) => at);
  const meanValue = mean(([, value]) => value);
  const covariance = mean(([at, value]) => (at - meanAt) * (value - meanValue));
  const variance = mean(([at]) => (at - meanAt) ** 2);
  return (covariance / variance) * 3_600_000;
}
