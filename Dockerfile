# The gateway without a database of its own: compose.yaml runs one beside it.
FROM node:24-slim

WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json ./
# Node is in the image; the embedded database is for machines without one.
RUN npm install --no-save --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  && npm cache clean --force \
  && mkdir data && chown node:node data
COPY scripts ./scripts
COPY src ./src

USER node
ENV HOST=0.0.0.0 DATA_DIR=/app/data MALLOC_ARENA_MAX=2
VOLUME /app/data
EXPOSE 3000
HEALTHCHECK --start-period=20s CMD ["node", "-e", \
  "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm: the gateway itself must receive the signal to stop. The flags are those of
# scripts/node24.mjs.
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=40", "src/main.ts"]
