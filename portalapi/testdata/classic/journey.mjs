// A developer's journey by Konnect's classic client, @kong/sdk-portal-js.
// Usage: node journey.mjs PORTAL-URL. It asks on standard output for
// what only the mailbox knows, and reads the answer from standard input.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import assert from 'node:assert/strict'

const [portal] = process.argv.slice(2)
const require = createRequire(import.meta.url)
const sdk = require('@kong/sdk-portal-js')
const axios = require('axios')

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const ask = async question => {
  console.log(question)
  return (await lines.next()).value
}

// A browser keeps cookies; axios does not.
const jar = new Map()
const client = axios.create({ headers: { accept: 'application/json' } })
client.interceptors.request.use(request => {
  request.headers.Cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return request
})
client.interceptors.response.use(response => {
  for (const line of response.headers['set-cookie'] ?? []) {
    const [name, value] = line.split(';')[0].split('=')
    value ? jar.set(name, value) : jar.delete(name)
  }
  return response
})
const api = name => new sdk[name](new sdk.Configuration({ basePath: portal }), portal, client)
const refused = (promise, status) => assert.rejects(promise, e => e.response?.status === status)

const email = 'classic@dev.example'
const password = 'a long enough password'
const developer = api('DeveloperApi')
const context = (await api('PortalApi').getPortalContext()).data
assert.equal(context.basic_auth_enabled, true)
assert.match((await api('PortalApi').getPortalAppearance()).data.variables.catalog.primary_header.text, /\w/)

await refused(developer.getDeveloperMe(), 401)
await developer.register({ requestBody: { email, full_name: 'Clara Classic' } })
const verified = (await developer.verifyEmail({ verifyEmailRequest: { token: await ask('token') } })).data
await developer.resetPassword({ resetPasswordRequest: { token: verified.token, password } })
await developer.authenticate({ authenticateRequest: { username: email, password } })
await developer.refresh()
assert.equal((await developer.getDeveloperMe()).data.full_name, 'Clara Classic')

const products = (await api('ProductsApi').listProducts()).data
const product = products.data.find(p => p.name === 'Orders')
assert.equal((await api('ProductsApi').getProduct({ productId: product.id })).data.name, 'Orders')
assert.equal((await api('ProductsApi').getProductActions({ productId: product.id })).data.actions.register, true)
const found = (await api('SearchApi').searchPortalEntities({ indices: 'product-catalog', q: 'Ord' })).data
assert.deepEqual(found.data.map(f => f.source.id), [product.id])
const versions = (await api('VersionsApi').listProductVersions({ productId: product.id })).data.data
const version = { productId: product.id, productVersionId: versions[0].id }
assert.equal(versions[0].registration_configs[0].credential_type, 'client_credentials')
assert.deepEqual((await api('VersionsApi').getProductVersion(version)).data, versions[0])
assert.match((await api('VersionsApi').getProductVersionSpec(version)).data.content, /openapi/)
const operations = (await api('VersionsApi').getProductVersionSpecOperations(version)).data.operations
assert.deepEqual(operations.map(o => `${o.method} ${o.path} ${o.operation_id}`), ['get /orders listOrders'])
const documents = (await api('DocumentationApi').listProductDocuments({ productId: product.id })).data
assert.deepEqual(documents.data.map(d => d.slug), ['guide'])
const guide = await api('DocumentationApi').getProductDocument({ productId: product.id, documentId: documents.data[0].id })
assert.match(guide.data.content, /order/)

const applications = api('ApplicationsApi')
const strategies = (await applications.listApplicationAuthStrategies()).data.data
const created = (await applications.createApplication({ createApplicationPayload: {
  name: 'Classic app', description: 'made by the classic client', auth_strategy_id: strategies[0].id,
} })).data
assert.ok(created.credentials.client_secret.length >= 32)
assert.equal(created.reference_id, created.credentials.client_id)
assert.equal(await ask(`works ${created.credentials.client_id} ${created.credentials.client_secret}`), 'yes')
const applicationId = created.id
assert.equal((await applications.getApplication({ applicationId })).data.credentials, undefined)
assert.equal((await applications.listApplications()).data.meta.page.total, 1)
const changed = await applications.updateApplication({ applicationId, updateApplicationPayload: { name: 'Renamed app' } })
assert.equal(changed.data.name, 'Renamed app')

const registrations = api('RegistrationsApi')
const unregistered = async () => (await api('VersionsApi').getApplicationsByProductVersion({ ...version, unregistered: true })).data.data.length
assert.equal(await unregistered(), 1)
const registered = (await registrations.createApplicationRegistration({
  applicationId, createRegistrationPayload: { product_version_id: version.productVersionId },
})).data
assert.equal(registered.status, 'approved')
assert.equal(registered.product_version_id, version.productVersionId)
assert.equal(await unregistered(), 0)
await refused(registrations.createApplicationRegistration({
  applicationId, createRegistrationPayload: { product_version_id: version.productVersionId },
}), 409)
const registrationId = registered.id
assert.deepEqual((await registrations.getApplicationRegistration({ applicationId, registrationId })).data, registered)
assert.equal((await registrations.listApplicationRegistrations({ applicationId })).data.data[0].product_name, 'Orders')

const credentials = api('CredentialsApi')
const before = (await credentials.listCredentials({ applicationId })).data.data
const added = (await credentials.createCredential({ applicationId, createCredentialPayload: {} })).data
assert.equal(await ask(`works ${added.client_id} ${added.client_secret}`), 'yes')
await credentials.deleteCredential({ applicationId, credentialId: before[0].id })
assert.equal(await ask(`works ${created.credentials.client_id} ${created.credentials.client_secret}`), 'no')
const renewed = (await credentials.refreshApplicationToken({ applicationId })).data
assert.equal(await ask(`works ${added.client_id} ${added.client_secret}`), 'no')
assert.equal(await ask(`works ${renewed.client_id} ${renewed.client_secret}`), 'yes')

await registrations.deleteApplicationRegistration({ applicationId, registrationId })
await applications.deleteApplication({ applicationId })
assert.equal(await ask(`works ${renewed.client_id} ${renewed.client_secret}`), 'no')
assert.equal((await applications.listApplications()).data.data.length, 0)
await developer.logout()
await refused(developer.getDeveloperMe(), 401)
console.log('done')
process.exit(0)
