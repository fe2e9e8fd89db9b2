package cli

import (
	"fmt"
	"strings"
)

// text is one sentence in the languages there are.
type text struct{ en, ko string }

// language is that of messages: --lang, else what the environment says.
func (a *App) language() string {
	lang := a.lang
	for _, name := range []string{"ATELIER_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if lang == "" {
			lang = a.Env(name)
		}
	}
	if strings.HasPrefix(lang, "ko") {
		return "ko"
	}
	return "en"
}

// say returns the sentence of the catalogue. A test keeps keys from missing.
func (a *App) say(key string, args ...any) string {
	s := a.known(key)
	switch {
	case s == "":
		return key
	case len(args) == 0:
		return s
	}
	return fmt.Sprintf(s, args...)
}

func (a *App) known(key string) string {
	t := catalogue[key]
	if a.language() == "ko" {
		return t.ko
	}
	return t.en
}

// catalogue holds the words that do not come from the server. Keys "why.CODE" are
// what an error code means, "try.CODE" what helps, "reason.CODE" why something waits.
var catalogue = map[string]text{
	"error":        {"Error", "오류"},
	"error.joined": {"%s: %s", "%s %s"},
	"try":          {"try", "해결"},
	"warning":      {"warning", "경고"},
	"interrupted":  {"interrupted", "중단되었습니다"},

	"cannot.principal.create":   {"cannot create principal %q", "주체 %q을(를) 만들 수 없습니다."},
	"cannot.principal.grant":    {"cannot give %q a role", "%q에게 역할을 줄 수 없습니다."},
	"cannot.principal.link":     {"cannot make a link for %q", "%q의 로그인 링크를 만들 수 없습니다."},
	"cannot.principal.delete":   {"cannot take the roles of %q", "%q의 역할을 회수할 수 없습니다."},
	"cannot.device":             {"cannot answer code %q", "코드 %q에 응답할 수 없습니다."},
	"principal.none":            {"Nobody has a role in this workspace.", "이 작업 영역에 역할이 있는 주체가 없습니다."},
	"principal.has":             {"%s has the role %s", "%s의 역할: %s"},
	"principal.delete.ask":      {"Take all roles of %s in this workspace? [y/N] ", "이 작업 영역에서 %s의 모든 역할을 회수하시겠습니까? [y/N] "},
	"principal.deleted":         {"%s has no role in this workspace any more", "%s은(는) 이 작업 영역에 더 이상 역할이 없습니다."},
	"cannot.principal.password": {"cannot set the password", "암호를 설정할 수 없습니다."},
	"principal.password":        {"The password is set. Sessions that were open have ended.", "암호를 설정했습니다. 열려 있던 세션은 종료되었습니다."},
	"password.ask":              {"New password (at least 12 characters): ", "새 암호(12자 이상): "},
	"password.again":            {"Once more: ", "한 번 더 입력: "},
	"password.differ":           {"the two passwords differ", "두 암호가 서로 다릅니다"},
	"password.missing":          {"there is no password on stdin: run this in a terminal, or send the password as a line", "stdin에 암호가 없습니다. 터미널에서 실행하거나 암호를 한 줄로 보내세요"},
	"cannot.token.create":       {"cannot make the token %q", "토큰 %q을(를) 만들 수 없습니다."},
	"cannot.token.revoke":       {"cannot revoke %q", "%q을(를) 취소할 수 없습니다."},
	"token.none":                {"You have no tokens, and no device is signed in as you.", "토큰이 없고, 로그인된 장치도 없습니다."},
	"token.created":             {"This is the token %s, shown this once; it is good until %s.", "토큰 %s입니다. 지금 한 번만 표시되며 %s까지 쓸 수 있습니다."},
	"token.revoked":             {"%s is revoked", "%s을(를) 취소했습니다."},
	"token.several":             {"%d of your tokens are called %q; give the ID, which `atelier token list` shows", "이름이 같은 토큰이 %d개 있습니다(%q). `atelier token list`에 표시되는 ID를 지정하세요"},
	"device.approved":           {"The device is signed in as you.", "장치가 로그인되었습니다."},
	"device.denied":             {"The device is not signed in.", "장치는 로그인되지 않았습니다."},

	"usage.command":      {"there is no command %q; `%s --help` lists what there is", "%q 명령이 없습니다. `%s --help`에서 명령 목록을 볼 수 있습니다"},
	"usage.command.near": {"there is no command %q; did you mean %q?", "%q 명령이 없습니다. %q을(를) 입력하려고 했습니까?"},
	"usage.flag.near":    {"there is no flag --%s; did you mean --%s?", "--%s 플래그가 없습니다. --%s을(를) 입력하려고 했습니까?"},
	"usage.missing":      {"%s is missing: %s", "%s이(가) 없습니다: %s"},
	"usage.extra":        {"%q is one argument too many: %s", "%q은(는) 필요 없는 인수입니다: %s"},
	"usage.yes":          {"this deletes %s for good and nobody can be asked here; add -y to do it", "%s을(를) 영구히 삭제하지만 여기서는 확인할 수 없습니다. 진행하려면 -y를 추가하세요"},

	"cannot.apply":          {"cannot apply the document to compute %q", "컴퓨팅 %q에 문서를 적용할 수 없습니다."},
	"cannot.create.cluster": {"cannot create cluster %q", "클러스터 %q을(를) 만들 수 없습니다."},
	"cannot.update":         {"cannot update compute %q", "컴퓨팅 %q을(를) 업데이트할 수 없습니다."},
	"cannot.delete":         {"cannot delete compute %q", "컴퓨팅 %q을(를) 삭제할 수 없습니다."},
	"cannot.start":          {"cannot start compute %q", "컴퓨팅 %q을(를) 시작할 수 없습니다."},
	"cannot.stop":           {"cannot stop compute %q", "컴퓨팅 %q을(를) 중지할 수 없습니다."},
	"cannot.restart":        {"cannot restart compute %q", "컴퓨팅 %q을(를) 다시 시작할 수 없습니다."},
	"cannot.detach":         {"cannot detach compute %q", "컴퓨팅 %q을(를) 분리할 수 없습니다."},
	"cannot.show":           {"cannot show compute %q", "컴퓨팅 %q을(를) 표시할 수 없습니다."},
	"cannot.list":           {"cannot list %s", "%s 목록을 표시할 수 없습니다."},
	"cannot.nodes":          {"cannot list the nodes of %q", "%q의 노드 목록을 표시할 수 없습니다."},
	"cannot.node":           {"cannot %s node %q", "%s을(를) 노드 %q에서 수행할 수 없습니다."},
	"cannot.test":           {"cannot test the connection to %q", "%q 연결을 테스트할 수 없습니다."},
	"cannot.series":         {"cannot show the nodes of %q over time", "%q의 시간별 노드 수를 표시할 수 없습니다."},
	"cannot.submit":         {"cannot submit job %q", "작업 %q을(를) 제출할 수 없습니다."},
	"cannot.job.show":       {"cannot show job %q", "작업 %q을(를) 표시할 수 없습니다."},
	"cannot.job.priority":   {"cannot change the priority of job %q", "작업 %q의 우선 순위를 변경할 수 없습니다."},
	"cannot.quota":          {"cannot set the quota of family %q", "제품군 %q의 할당량을 설정할 수 없습니다."},
	"cannot.whoami":         {"cannot say who you are", "현재 사용자를 확인할 수 없습니다."},
	"cannot.job.cancel":     {"cannot cancel job %q", "작업 %q을(를) 취소할 수 없습니다."},
	"cannot.job.delete":     {"cannot delete job %q", "작업 %q을(를) 삭제할 수 없습니다."},
	"cannot.job.logs":       {"cannot show the log of job %q", "작업 %q의 로그를 표시할 수 없습니다."},
	"cannot.job.download":   {"cannot download from job %q", "작업 %q에서 다운로드할 수 없습니다."},
	"cannot.read":           {"cannot read %s", "%s을(를) 읽을 수 없습니다."},
	"cannot.upload":         {"cannot upload %s", "%s을(를) 업로드할 수 없습니다."},
	"cannot.why":            {"cannot say why %q waits", "%q의 대기 이유를 알 수 없습니다."},
	"cannot.events":         {"cannot show events", "이벤트를 표시할 수 없습니다."},
	"cannot.env":            {"cannot print the environment", "환경 변수를 출력할 수 없습니다."},
	"cannot.wait":           {"%q is not there yet", "%q이(가) 아직 준비되지 않았습니다."},

	"compute.none":          {"No computes. `atelier compute create cluster NAME --size Local --max 2` makes one.", "컴퓨팅이 없습니다. `atelier compute create cluster NAME --size Local --max 2`로 만들 수 있습니다."},
	"compute.nodes.none":    {"No nodes: %s has scaled to zero, and jobs start them.", "노드가 없습니다. %s은(는) 0으로 축소되었으며 작업이 있으면 시작됩니다."},
	"connection.user":       {"whom to sign in as there is missing: give --user", "로그인할 사용자가 없습니다. --user를 지정하세요"},
	"connection.how":        {"how to sign in there is missing: give --key FILE or --password", "로그인 방법이 없습니다. --key FILE 또는 --password를 지정하세요"},
	"connection.password":   {"Password on that machine: ", "해당 컴퓨터의 암호: "},
	"connection.passphrase": {"Passphrase of the key: ", "키의 암호 구문: "},
	"connection.trust":      {"If that is the machine's key, go on with --host-key %s", "컴퓨터의 키가 맞으면 --host-key %s(으)로 계속하세요"},
	"compute.node.drain":    {"%s takes no more jobs and goes when its job has ended.", "%s은(는) 새 작업을 받지 않으며 실행 중인 작업이 끝나면 제거됩니다."},
	"compute.node.preempt":  {"%s is being taken away; a job on it is queued again, if it may be tried again.", "%s을(를) 회수하고 있습니다. 실행 중인 작업은 다시 시도할 수 있으면 대기열에 다시 추가됩니다."},
	"compute.stage":         {"%s: %s (%s)", "%s: %s (%s)"},
	"compute.created":       {"Cluster %s is ready (%s).", "클러스터 %s이(가) 준비되었습니다(%s)."},
	"compute.applied":       {"Compute %s is as the document says.", "컴퓨팅 %s이(가) 문서와 같습니다."},
	"compute.apply.nofile":  {"--file is required: the document, or - for standard input", "--file이 필요합니다: 문서 파일, 또는 표준 입력은 -"},
	"compute.accepted":      {"Cluster %s is being made; `atelier compute show %s` tells how far it is.", "클러스터 %s을(를) 만들고 있습니다. `atelier compute show %s`에서 진행 상황을 볼 수 있습니다."},
	"compute.updated":       {"Updated %s.", "%s을(를) 업데이트했습니다."},
	"compute.start":         {"Started %s.", "%s을(를) 시작했습니다."},
	"compute.stop":          {"Stopped %s. Its home is kept; `atelier compute start` brings it back.", "%s을(를) 중지했습니다. 홈 디렉터리는 유지되며 `atelier compute start`로 다시 시작할 수 있습니다."},
	"compute.restart":       {"Restarted %s.", "%s을(를) 다시 시작했습니다."},
	"compute.detach":        {"Detached %s.", "%s을(를) 분리했습니다."},
	"compute.asked":         {"%s was told; `atelier compute show %s` tells how far it is.", "%s에 요청했습니다. `atelier compute show %s`에서 진행 상황을 볼 수 있습니다."},
	"compute.deleted":       {"Deleted %s.", "%s을(를) 삭제했습니다."},
	"compute.deleting":      {"%s is being deleted.", "%s을(를) 삭제하고 있습니다."},
	"compute.delete.ask":    {"Delete %s and its nodes? Jobs on it end. [y/N] ", "%s과(와) 노드를 삭제하시겠습니까? 실행 중인 작업이 종료됩니다. [y/N] "},
	"compute.kept":          {"Nothing was deleted.", "아무것도 삭제하지 않았습니다."},
	"compute.tried":         {"Nothing was created: this is what %s would be.", "아무것도 만들지 않았습니다. %s을(를) 만들면 다음과 같습니다."},
	"compute.dry":           {"Nothing was created: this is what would be sent to %s.", "아무것도 만들지 않았습니다. %s(으)로 보낼 내용입니다."},
	"compute.nothing":       {"nothing to change: give --min, --max, --idle, --tag, --description or -f", "변경할 내용이 없습니다. --min, --max, --idle, --tag, --description 또는 -f를 지정하세요"},
	"compute.noname":        {"the cluster has no name: give one as an argument, or as name in the file", "클러스터 이름이 없습니다. 인수나 파일의 name으로 지정하세요"},
	"compute.provision":     {"provisioning ended as %s", "프로비저닝이 %s(으)로 끝났습니다"},
	"compute.gone":          {"it was deleted meanwhile", "그동안 삭제되었습니다"},
	"compute.size":          {"Size: %s, the first that the location lists (--size takes another)", "크기: %s(위치의 첫 번째 크기, --size로 변경 가능)"},
	"file.one":              {"1 file", "파일 1개"},
	"file.many":             {"%d files", "파일 %d개"},
	"sizes.none":            {"The location %s has no sizes.", "%s 위치에는 크기가 없습니다."},
	"usage.none":            {"Nothing is in use in %s.", "%s에서 사용 중인 항목이 없습니다."},
	"quota.none":            {"Nothing is held in %s and nothing is limited; --all lists every family.", "%s에서 사용 중이거나 한도가 설정된 항목이 없습니다. --all로 모든 제품군을 볼 수 있습니다."},
	"quota.set":             {"Family %s at %s: %d vCPUs may be held now.", "%s 제품군(%s)의 한도는 이제 vCPU %d개입니다."},
	"quota.lifted":          {"Family %s at %s has no limit now.", "%s 제품군(%s)에는 이제 한도가 없습니다."},
	"quota.number":          {"the limit is %q; it must be a number of vCPUs, 0 or more, or none", "한도가 %q입니다. 0 이상의 vCPU 수 또는 none이어야 합니다"},
	"near.name":             {"there is %q; did you mean that?", "%q이(가) 있습니다. 이 이름을 입력하려고 했습니까?"},
	"near.none":             {"there are: %s", "다음 항목이 있습니다: %s"},
	"near.nothing":          {"there is none at all yet", "아직 하나도 없습니다"},

	"job.none":            {"No jobs. `atelier job run --compute NAME -- python train.py` starts one.", "작업이 없습니다. `atelier job run --compute NAME -- python train.py`로 시작할 수 있습니다."},
	"job.submitted":       {"Submitted job %s to %s.", "작업 %s을(를) %s에 제출했습니다."},
	"job.follow":          {"Follow it with `atelier job logs -f %s`.", "`atelier job logs -f %s`로 진행 상황을 볼 수 있습니다."},
	"job.state":           {"%s: %s", "%s: %s"},
	"job.completed":       {"Job %s completed in %s.", "작업 %s이(가) %s 만에 완료되었습니다."},
	"job.failed":          {"job %q failed", "작업 %q이(가) 실패했습니다."},
	"job.canceled":        {"job %q was canceled", "작업 %q이(가) 취소되었습니다."},
	"job.noreason":        {"no reason was recorded; its log has the last words", "기록된 이유가 없습니다. 로그를 확인하세요"},
	"job.goeson":          {"\nJob %s goes on without this terminal.", "\n작업 %s은(는) 계속 실행됩니다."},
	"job.goeson.how":      {"  watch:   atelier job logs -f %s\n  cancel:  atelier job cancel %s", "  보기:  atelier job logs -f %s\n  취소:  atelier job cancel %s"},
	"job.priority":        {"The priority of job %s is %d now.", "작업 %s의 우선 순위는 이제 %d입니다."},
	"job.priority.number": {"the priority is %q; it must be a whole number, and higher goes first", "우선 순위가 %q입니다. 정수여야 하며 값이 클수록 먼저 실행됩니다"},
	"job.cancelled":       {"Canceled job %s.", "작업 %s을(를) 취소했습니다."},
	"job.canceling":       {"Job %s is being canceled.", "작업 %s을(를) 취소하고 있습니다."},
	"job.over":            {"Job %s has ended already: %s.", "작업 %s은(는) 이미 끝났습니다: %s."},
	"job.deleted":         {"Deleted job %s.", "작업 %s을(를) 삭제했습니다."},
	"job.delete.ask":      {"Delete %s with its log and its outputs? [y/N] ", "%s을(를) 로그 및 출력과 함께 삭제하시겠습니까? [y/N] "},
	"job.code.none":       {"No code went with job %s.", "작업 %s와 함께 제출된 코드가 없습니다."},
	"job.outputs.none":    {"Job %s has no output files.", "작업 %s에 출력 파일이 없습니다."},
	"job.logs.none":       {"Job %s has no log yet: it is %s.", "작업 %s에 아직 로그가 없습니다. 현재 상태: %s."},
	"job.downloaded":      {"%s, %s, in %s", "%s, %s, 위치: %s"},
	"job.code":            {"Code: %s (%s, %s)%s", "코드: %s(%s, %s)%s"},
	"job.code.known":      {", already there", ", 이미 있음"},
	"job.data":            {"Input %s: %s (%s, %s)%s", "입력 %s: %s(%s, %s)%s"},
	"job.env.found":       {"Environment: %s, because it lies beside the code", "환경: %s(코드 폴더에 있으므로 사용)"},
	"job.env.host":        {"Environment: the node's own Python", "환경: 노드에 설치된 Python"},
	"job.nocompute":       {"no compute was given: add --compute NAME, or compute: to the file", "컴퓨팅을 지정하지 않았습니다. --compute NAME을 추가하거나 파일에 compute:를 넣으세요"},
	"job.nocommand":       {"what to run is missing: put it after --, for example `atelier job run --compute cpu -- python train.py`", "실행할 명령이 없습니다. -- 뒤에 입력하세요. 예: `atelier job run --compute cpu -- python train.py`"},
	"job.local":           {"compute: local is not supported: Atelier runs jobs on computes; name a cluster of yours", "compute: local은 지원되지 않습니다. 클러스터 이름을 지정하세요"},
	"job.download.exist":  {"%s exists already; give another folder with -p, or --overwrite", "%s이(가) 이미 있습니다. -p로 다른 폴더를 지정하거나 --overwrite를 사용하세요"},

	"why.none":     {"%s waits for nothing.", "%s은(는) 기다리는 것이 없습니다."},
	"why.blocked":  {"%s is blocked:", "%s이(가) 차단되었습니다:"},
	"why.waits":    {"%s waits:", "%s이(가) 대기 중입니다:"},
	"why.helps":    {"helps", "해결"},
	"why.since":    {"for %s", "%s 전부터"},
	"why.notfound": {"there is no compute and no job called %q", "%q(이)라는 컴퓨팅이나 작업이 없습니다"},

	"events.before": {"--before is about the past, and --watch about what is to come: give one of them", "--before는 과거 이벤트, --watch는 앞으로의 이벤트에 사용합니다. 하나만 지정하세요"},
	"events.none":   {"No events.", "이벤트가 없습니다."},

	"server.creds": {"%s has no credentials.json, so there is no service principal to hand out; start `atelier up` with this directory once", "%s에 credentials.json이 없어 내보낼 서비스 주체가 없습니다. 이 디렉터리로 `atelier up`을 한 번 실행하세요"},
	"timeout":      {"the time of %s is over", "제한 시간 %s이(가) 지났습니다"},

	"why.ComputeNotFound":            {"there is no such compute", "컴퓨팅을 찾을 수 없습니다."},
	"why.ResourceNotFound":           {"there is no such resource", "리소스를 찾을 수 없습니다."},
	"why.JobNotFound":                {"there is no such job", "작업을 찾을 수 없습니다."},
	"why.UserError":                  {"the request is wrong", "요청이 잘못되었습니다."},
	"why.ResourceGroupNotFound":      {"there is no such resource group", "리소스 그룹을 찾을 수 없습니다."},
	"why.SubscriptionNotFound":       {"there is no such subscription", "구독을 찾을 수 없습니다."},
	"why.BadRequest":                 {"the request is wrong", "요청이 잘못되었습니다."},
	"why.InvalidRequestContent":      {"the request's content is wrong", "요청 내용이 잘못되었습니다."},
	"why.RequestEntityTooLarge":      {"the request is too large", "요청이 너무 큽니다."},
	"why.InvalidAuthenticationToken": {"the sign-in is not valid", "로그인 정보가 올바르지 않습니다."},
	"why.AuthorizationFailed":        {"you may not do this", "이 작업을 수행할 권한이 없습니다."},
	"why.Conflict":                   {"its state forbids it", "현재 상태에서는 할 수 없습니다."},
	"why.InvalidComputeName":         {"the name is not valid", "이름이 올바르지 않습니다."},
	"why.InvalidComputeSpec":         {"the settings are not valid", "설정이 올바르지 않습니다."},
	"why.PropertyChangeNotAllowed":   {"this cannot change after creation", "만든 후에는 변경할 수 없는 항목입니다."},
	"why.AlreadyExists":              {"the name is taken", "이미 사용 중인 이름입니다."},
	"why.QuotaExceeded":              {"the quota is exceeded", "할당량을 초과했습니다."},
	"why.NoCapacity":                 {"there is no machine free", "사용 가능한 머신이 없습니다."},
	"why.InvalidVMSize":              {"there is no such size", "크기를 찾을 수 없습니다."},
	"why.NotSupported":               {"Atelier cannot do this yet", "아직 지원되지 않습니다."},
	"why.InternalServerError":        {"the server has a fault", "서버에 오류가 있습니다."},
	"why.ProvisioningFailed":         {"provisioning failed", "프로비저닝에 실패했습니다."},
	"why.InvalidYaml":                {"the file cannot be read", "파일을 읽을 수 없습니다."},
	"why.UnsupportedType":            {"this kind of file is not known", "지원되지 않는 파일 유형입니다."},
	"why.Unreachable":                {"the server does not answer", "서버에 연결할 수 없습니다."},
	"why.Timeout":                    {"it took too long", "시간이 초과되었습니다."},

	"try.ComputeNotFound":            {"atelier compute list", "atelier compute list"},
	"try.JobNotFound":                {"atelier job list", "atelier job list"},
	"try.InvalidAuthenticationToken": {"run the command on the server's machine, or evaluate `atelier env` of that server in this shell", "서버가 있는 컴퓨터에서 실행하거나 해당 서버의 `atelier env` 출력을 이 셸에서 적용하세요"},
	"try.AuthorizationFailed":        {"ask the owner of the workspace for a role that permits it", "작업 영역 소유자에게 필요한 역할을 요청하세요"},
	"try.InvalidVMSize":              {"atelier compute sizes", "atelier compute sizes"},
	"try.NoServer":                   {"start one with `atelier up`, or give its directory with --data-dir", "`atelier up`으로 시작하거나 --data-dir로 디렉터리를 지정하세요"},
	"try.InternalServerError":        {"look for the request's id in the server's log", "서버 로그에서 요청 ID를 찾아보세요"},

	"reason.ClusterAtMax":           {"All {max} nodes are busy.", "{max}개 노드를 모두 사용 중입니다."},
	"reason.QueuedBehind":           {"{n} jobs ahead.", "앞에 작업 {n}개가 있습니다."},
	"reason.ScalingUp":              {"{n} nodes starting.", "노드 {n}개를 준비 중입니다."},
	"reason.NoCapacity":             {"No {size} host free now.", "지금 비어 있는 {size} 호스트가 없습니다."},
	"reason.SizeMismatch":           {"The job takes {need} nodes at once; {name} has at most {max}.", "작업에 노드 {need}개가 동시에 필요하지만 {name}의 최대 노드 수는 {max}개입니다."},
	"reason.ComputeStopped":         {"{name} is stopped.", "{name}이(가) 중지되어 있습니다."},
	"reason.ComputeFailed":          {"{name} failed: {cause}.", "{name} 실패: {cause}"},
	"reason.Preempted":              {"Preempted {n}×; queued again.", "{n}회 선점되어 다시 대기 중입니다."},
	"reason.QuotaExceeded":          {"Needs {need} {family} cores; {free} free.", "{family} 코어 {need}개 필요, {free}개 사용 가능."},
	"reason.LowPriorityNotOffered":  {"{size} cannot be had at low priority.", "{size}은(는) 낮은 우선 순위로 사용할 수 없습니다."},
	"reason.SizeNotAvailableInFull": {"Nodes get less than {size} says: {cause}.", "노드에 {size}보다 적은 리소스가 제공됩니다: {cause}"},
	"reason.EnvironmentBuild":       {"The environment is being built.", "환경을 만들고 있습니다."},
}
