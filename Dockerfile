# Gateway and worker, one image; the command decides: node dist/scripts/start.js --only gateway|worker
# The larger nursery is for the gateway: requests that wait for their answer would be copied time and again.
# Debian and not Alpine: Temporal's native core needs glibc.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:20.20.2-bookworm-slim
# Temporal's core verifies servers against the system's certificates, which the slim image lacks.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /data
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
CMD ["node", "--max-semi-space-size=64", "dist/scripts/start.js"]
